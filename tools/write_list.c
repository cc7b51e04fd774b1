/* SPDX-License-Identifier: Apache-2.0 */
/* --list REGEX: the source of each function that matches, with flat and cum before each line, as
 * `go tool pprof -list` prints it. What is shown begins where the function does, where that is
 * known, and ends five lines behind its last sample. */
#include "rows.h"

#include "mem.h"
#include "pattern.h"
#include "source.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MARGIN 5

/* Sort order: by function, file, line. */
static int by_line(const void *a, const void *b)
{
	const struct tree_node *x = *(const struct tree_node *const *)a;
	const struct tree_node *y = *(const struct tree_node *const *)b;
	const int names = strcmp(x->name, y->name);
	const int files = names ? names : strcmp(x->file ? x->file : "", y->file ? y->file : "");

	return files ? files : (x->line > y->line) - (x->line < y->line);
}

static bool same_routine(const struct tree_node *a, const struct tree_node *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->file ? a->file : "", b->file ? b->file : "");
}

static const char *amount_or_dot(char *text, int64_t value, struct unit unit)
{
	return value ? units_amount(text, value, unit) : ".";
}

/* @sums: flat and cum */
static void write_tsv(FILE *out, const struct tree_node *node, uint32_t line, const int64_t sums[2],
		      const char *text)
{
	fprintf(out, "%" PRId64 "\t%" PRId64 "\t", sums[0], sums[1]);
	rows_write_field(out, node->name);
	fputc('\t', out);
	rows_write_field(out, node->file);
	fprintf(out, "\t%" PRIu32 "\t", line);
	rows_write_field(out, text);
	fputc('\n', out);
}

static void write_line(const struct write_job *job, const int64_t sums[2], struct unit unit,
		       uint32_t line, const char *text)
{
	char flat[UNITS_TEXT];
	char cum[UNITS_TEXT];

	fprintf(job->out, "%10s %10s %6" PRIu32 ":%s\n", amount_or_dot(flat, sums[0], unit),
		amount_or_dot(cum, sums[1], unit), line, text);
}

static void write_lines(const struct write_job *job, const struct tree_node *const *nodes,
			size_t count, const struct source *source, struct unit unit)
{
	const uint32_t start = nodes[0]->start_line;
	uint32_t line = nodes[0]->line > MARGIN ? nodes[0]->line - MARGIN : 1;
	const uint64_t last = (uint64_t)nodes[count - 1]->line + MARGIN;
	size_t at = 0;

	line = start && start <= nodes[0]->line ? start : line;
	for (; line <= last && line <= source->count; line++) {
		int64_t flat_sum = 0;
		int64_t cum_sum = 0;
		for (; at < count && nodes[at]->line <= line; at++) {
			flat_sum = profile_sum(flat_sum, nodes[at]->flat);
			cum_sum = profile_sum(cum_sum, nodes[at]->cum);
		}
		if (job->args->tsv) {
			write_tsv(job->out, nodes[0], line, (int64_t[2]){flat_sum, cum_sum},
				  source->lines[line - 1]);
			continue;
		}
		write_line(job, (int64_t[2]){flat_sum, cum_sum}, unit, line,
			   source->lines[line - 1]);
	}
}

static void write_title(const struct write_job *job, const struct tree_node *const *nodes,
			size_t count, struct unit unit, int64_t total)
{
	char text[3][UNITS_TEXT];
	int64_t flat = 0;
	int64_t cum = 0;

	for (size_t i = 0; i < count; i++) {
		flat = profile_sum(flat, nodes[i]->flat);
		cum = profile_sum(cum, nodes[i]->cum);
	}
	fprintf(job->out, "ROUTINE ======================== %s in %s\n", nodes[0]->name,
		nodes[0]->file);
	fprintf(job->out, "%10s %10s (flat, cum) %s of Total\n", units_amount(text[0], flat, unit),
		units_amount(text[1], cum, unit), units_share(text[2], cum, total));
}

/* What can be told where there is no source: the lines that have something. */
static void write_without_source(const struct write_job *job, const struct tree_node *const *nodes,
				 size_t count, struct unit unit)
{
	const bool tsv = job->args->tsv;

	if (!tsv && !nodes[0]->file) {
		fprintf(job->out, "No source information for %s\n", nodes[0]->name);
		return;
	}
	if (!tsv) {
		fputs("  source not found here (--search FOLDER, --symfs FOLDER)\n", job->out);
	}
	for (size_t i = 0; i < count; i++) {
		const int64_t sums[2] = {nodes[i]->flat, nodes[i]->cum};
		if (tsv) {
			write_tsv(job->out, nodes[i], nodes[i]->line, sums, "");
		} else {
			write_line(job, sums, unit, nodes[i]->line, "");
		}
	}
}

static void write_routine(const struct write_job *job, const struct tree_node *const *nodes,
			  size_t count, struct unit unit, int64_t total)
{
	const struct source_places places = {job->args->symfs, job->args->searches,
					     job->args->search_count};
	const char *file = nodes[0]->file;
	struct source source = {0};

	if (file && !job->args->tsv) {
		write_title(job, nodes, count, unit, total);
	}
	if (!file || source_open(&source, file, &places)) {
		write_without_source(job, nodes, count, unit);
	} else {
		write_lines(job, nodes, count, &source, unit);
	}
	source_close(&source);
}

/* The nodes whose function matches, sorted; the number of them. */
static size_t choose(const struct tree *tree, const regex_t *regex, const struct tree_node **nodes)
{
	size_t count = 0;

	for (size_t i = 0; i < tree->node_count; i++) {
		const struct tree_node *node = &tree->nodes[i];
		const bool named = !node->nameless;
		if (named && (node->flat || node->cum) && pattern_matches(regex, node->name)) {
			nodes[count++] = node;
		}
	}
	qsort(nodes, count, sizeof(void *), by_line);
	return count;
}

int write_list(const struct write_job *job, struct err *err)
{
	const bool space = profile_type_is_space(job->args->type);
	const struct unit unit = !space		       ? UNITS_COUNT
				 : job->args->has_unit ? job->args->unit
						       : UNITS_AUTO;
	char text[UNITS_TEXT];
	regex_t regex;

	if (pattern_compile(&regex, "list", job->args->pattern, err)) {
		return -1;
	}
	struct tree *tree = tree_new(job->view, job->args->type, TREE_BY_LINE);
	const struct tree_node **nodes = mem_alloc(tree->node_count * sizeof(void *));
	const size_t count = choose(tree, &regex, nodes);
	regfree(&regex);
	if (count && job->args->tsv) {
		fputs("flat\tcum\tfunction\tfile\tline\tsource\n", job->out);
	} else if (count) {
		fprintf(job->out, "Total: %s\n", units_amount(text, tree->total, unit));
	}
	for (size_t i = 0; i < count;) {
		const size_t first = i;
		while (i < count && same_routine(nodes[first], nodes[i])) {
			i++;
		}
		write_routine(job, nodes + first, i - first, unit, tree->total);
	}
	free(nodes);
	tree_free(tree);
	return count ? 0 : err_set(err, "--list %s: no function matches", job->args->pattern);
}
