/* SPDX-License-Identifier: Apache-2.0 */
/* The table that `go tool pprof -top` users know, with file:line behind each function.
 *
 * Order: first the functions that own memory (view.h), by what they own; behind them all others by
 * flat, as pprof sorts. In a cgo program the first rows are therefore the Go functions whose C
 * memory it is, marked '-> C.function', even where the block was asked for deep inside a C
 * library and pprof's flat belongs to that. The numbers are pprof's. --cum sorts as pprof does. */
#include "rows.h"

#include <inttypes.h>
#include <string.h>

#define ROWS	   20
#define NAME_WIDTH 56

static int name_width(const struct rows *rows)
{
	size_t width = 0;

	for (size_t i = 0; i < rows->count; i++) {
		const struct tree_node *node = &rows->tree->nodes[rows->numbers[i]];
		const size_t length = strlen(node->name);
		if (node->file && length > width && length <= NAME_WIDTH) {
			width = length;
		}
	}
	return (int)width;
}

static void write_name(const struct rows *rows, const struct tree_node *node, int width)
{
	FILE *out = rows->job->out;
	char place[WRITE_PLACE];

	if (!node->file) {
		fputs(node->name, out);
	} else {
		fprintf(out, "%-*s  %s", width, node->name,
			write_place(place, node->file, node->line));
	}
	if (node->places > 1 && rows->job->args->by == TREE_BY_FUNCTION) {
		fprintf(out, " +%" PRIu32 " line%s", node->places - 1,
			node->places == 2 ? "" : "s");
	}
	const bool code = rows->job->args->by <= TREE_BY_LINE;
	if (node->inlined && code) {
		fputs(node->outline ? " (partial-inline)" : " (inline)", out);
	}
	if (node->call && code) {
		fprintf(out, "  -> C.%s%s", node->call, node->more_calls ? ", ..." : "");
	}
	fputc('\n', out);
}

static void write_rows(const struct rows *rows)
{
	FILE *out = rows->job->out;
	const int64_t total = rows->tree->total;
	const int width = name_width(rows);
	char text[5][UNITS_TEXT];
	int64_t sum = 0;

	if (!rows->count) {
		return;
	}
	fprintf(out, "%10s %5s%% %5s%% %10s %5s%%\n", "flat", "flat", "sum", "cum", "cum");
	for (size_t i = 0; i < rows->count; i++) {
		const struct tree_node *node = &rows->tree->nodes[rows->numbers[i]];
		sum = profile_sum(sum, node->flat);
		fprintf(out, "%10s %s %s %10s %s  ", units_amount(text[0], node->flat, rows->unit),
			units_share(text[1], node->flat, total), units_share(text[2], sum, total),
			units_amount(text[3], node->cum, rows->unit),
			units_share(text[4], node->cum, total));
		write_name(rows, node, width);
	}
}

static void write_tsv(const struct rows *rows)
{
	FILE *out = rows->job->out;

	fputs("flat\tcum\town\tfunction\tfile\tline\tcall\n", out);
	for (size_t i = 0; i < rows->count; i++) {
		const struct tree_node *node = &rows->tree->nodes[rows->numbers[i]];
		fprintf(out, "%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%s\t%s\t%" PRIu32 "\t%s\n",
			node->flat, node->cum, node->own, node->name, node->file ? node->file : "",
			node->line, node->call ? node->call : "");
	}
}

int write_top(const struct write_job *job, struct err *err)
{
	struct tree *tree = tree_new(job->view, job->args->type, job->args->by);
	struct rows rows;

	(void)err;
	rows_choose(&rows, job, tree, ROWS, true);
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
