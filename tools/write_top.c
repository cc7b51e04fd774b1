/* SPDX-License-Identifier: Apache-2.0 */
/* The table that `go tool pprof -top` users know, with file:line behind each function.
 *
 * Order: first the functions that own memory (view.h), by what they own; behind them all others by
 * flat, then cum, then name. In a cgo program the first rows are therefore the Go functions whose C
 * memory it is, marked '-> C.function', even where the block was asked for deep inside a C
 * library and pprof's flat belongs to that. The numbers are pprof's. --flat and --cum sort
 * as pprof does. */
#include "rows.h"

#include <inttypes.h>
#include <string.h>

#define ROWS	   20
#define NAME_WIDTH 56
#define NUMBERS	   44 /* columns that the numbers take, with the blanks behind them */

static size_t name_width(const struct rows *rows)
{
	const bool fits = rows->job->term.width > 0;
	size_t width = 0;

	for (size_t i = 0; i < rows->count; i++) {
		const struct tree_node *node = &rows->tree->nodes[rows->numbers[i]];
		const size_t columns = term_columns(node->name);
		if (node->file && columns > width && (fits || columns <= NAME_WIDTH)) {
			width = columns;
		}
	}
	return write_name_width(rows->job, width, NAME_WIDTH, NUMBERS);
}

/* What stands behind file:line; @call_text: where what matters most of it begins. */
static void extras(char *text, size_t size, const struct rows *rows, const struct tree_node *node,
		   const char **call_text)
{
	const enum tree_by by = rows->job->args->by;
	const bool code = by <= TREE_BY_ADDRESS;
	char lines[24] = "";

	if (node->places > 1 && by <= TREE_BY_FILEFUNCTION) {
		snprintf(lines, sizeof lines, " +%" PRIu32 " line%s", node->places - 1,
			 node->places == 2 ? "" : "s");
	}
	const char *inlined = !node->inlined || !code ? ""
			      : node->outline	      ? " (partial-inline)"
						      : " (inline)";
	const bool call = node->call && code;
	const int before = snprintf(text, size, "%s%s", lines, inlined);
	snprintf(text + before, size - (size_t)before, "%s%.200s%s%s", call ? "  -> C." : "",
		 call ? node->call : "", call && node->more_calls ? ", ..." : "",
		 write_news(rows->job, node->cum, node->base));
	*call_text = text + before;
}

static void write_name(const struct rows *rows, const struct tree_node *node, size_t width)
{
	const char *call;
	char place[WRITE_PLACE];
	char behind[320];

	extras(behind, sizeof behind, rows, node, &call);
	const struct write_words words = {
		.name = node->name,
		.place = write_place(place, node->file, node->line),
		.behind = {behind, call},
		.width = width,
		.strong = node->own != 0,
	};
	write_words(rows->job, &words, NUMBERS);
	fputc('\n', rows->job->out);
}

static void write_rows(const struct rows *rows)
{
	const struct write_job *job = rows->job;
	const int64_t total = rows->tree->total;
	const size_t width = name_width(rows);
	char text[5][UNITS_TEXT];
	int64_t sum = 0;

	if (!rows->count) {
		return;
	}
	if (job->view->has_go && !job->args->cum && !job->args->flat &&
	    job->args->by <= TREE_BY_ADDRESS) {
		fputs("Sorted by whose memory it is: Go functions, -> what they called; then by "
		      "flat\n",
		      job->out);
	}
	fprintf(job->out, "%10s %5s%% %5s%% %10s %5s%%\n", "flat", "flat", "sum", "cum", "cum");
	for (size_t i = 0; i < rows->count; i++) {
		const struct tree_node *node = &rows->tree->nodes[rows->numbers[i]];
		sum = profile_sum(sum, node->flat);
		fprintf(job->out, "%10s %s %s %10s %s  ",
			units_amount(text[0], node->flat, rows->unit),
			units_share(text[1], node->flat, total), units_share(text[2], sum, total),
			units_amount(text[3], node->cum, rows->unit),
			units_share(text[4], node->cum, total));
		write_name(rows, node, width);
	}
}

static void write_tsv(const struct rows *rows)
{
	FILE *out = rows->job->out;

	fputs("flat\tcum\town\tfunction\tfile\tline\tcall\tbase\n", out);
	for (size_t i = 0; i < rows->count; i++) {
		const struct tree_node *node = &rows->tree->nodes[rows->numbers[i]];
		fprintf(out, "%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t", node->flat, node->cum,
			node->own);
		rows_write_field(out, node->name);
		fputc('\t', out);
		rows_write_field(out, node->file);
		fprintf(out, "\t%" PRIu32 "\t", node->line);
		rows_write_field(out, node->call);
		fprintf(out, "\t%" PRId64 "\n", node->base);
	}
}

int write_top(const struct write_job *job, struct err *err)
{
	struct tree *tree = tree_new(job->view, job->args->type, job->args->by);
	struct rows rows;

	(void)err;
	rows_choose(&rows, job, tree, ROWS, TREE_OWN_FIRST);
	if (job->args->tsv) {
		write_tsv(&rows);
	} else {
		write_head(job);
		rows_write_summary(&rows);
		write_rows(&rows);
		write_blocks(job);
	}
	rows_free(&rows);
	tree_free(tree);
	return 0;
}
