/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of pprof's newTrimmedGraph (internal/report/report.go), and chance beside them. */
#include "rows.h"

#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define EDGE_FRACTION 0.001

static enum tree_order wanted_order(const struct args *args, enum tree_order otherwise)
{
	return args->cum ? TREE_CUM : args->flat ? TREE_FLAT : otherwise;
}

static void choose(struct rows *rows, enum tree_order wanted, double fraction, bool drop_noise)
{
	const uint64_t cutoff = (uint64_t)(fraction * (double)rows->tree->shown);
	uint32_t *order = tree_sort(rows->tree, wanted_order(rows->job->args, wanted));

	rows->candidates = rows->small = rows->noise = 0;
	for (size_t i = 0; i < rows->tree->node_count; i++) {
		const struct tree_node *node = &rows->tree->nodes[order[i]];
		if (!node->flat && !node->cum) {
			continue;
		}
		if (drop_noise && !node->real) {
			rows->noise++;
		} else if (profile_magnitude(node->cum) < cutoff &&
			   profile_magnitude(node->flat) < cutoff) {
			rows->small++;
		} else {
			order[rows->candidates++] = order[i];
		}
	}
	free(rows->numbers);
	rows->numbers = order;
}

static void pick_unit(struct rows *rows)
{
	uint64_t smallest = 0;

	for (size_t i = 0; i < rows->count; i++) {
		const struct tree_node *node = &rows->tree->nodes[rows->numbers[i]];
		const uint64_t value = profile_magnitude(node->flat ? node->flat : node->cum);
		smallest = value && (!smallest || value < smallest) ? value : smallest;
	}
	smallest = smallest > INT64_MAX ? INT64_MAX : smallest;
	const bool bytes = profile_type_is_space(rows->job->args->type);
	rows->unit = bytes && rows->job->args->has_unit
			     ? rows->job->args->unit
			     : units_pick(bytes, (int64_t)smallest, rows->tree->total);
}

void rows_choose(struct rows *rows, const struct write_job *job, const struct tree *tree,
		 size_t most, enum tree_order order)
{
	const double fraction = most == ROWS_EACH ? 0 : write_fraction(job);

	*rows = (struct rows){.job = job, .tree = tree};
	choose(rows, order, fraction, job->base && fraction > 0);
	if (!rows->candidates && rows->noise) {
		choose(rows, order, fraction, false);
		rows->only_noise = true;
	}
	if (most != ROWS_EACH && job->args->node_count >= 0) {
		most = (size_t)job->args->node_count;
	}
	rows->count = most && most < rows->candidates ? most : rows->candidates;
	pick_unit(rows);
}

void rows_free(struct rows *rows)
{
	free(rows->numbers);
}

int64_t rows_edge_cutoff(const struct rows *rows)
{
	const struct args *args = rows->job->args;
	const double otherwise = args->node_fraction == 0 ? 0 : EDGE_FRACTION; /* all asked for */
	const double fraction = args->edge_fraction < 0 ? otherwise : args->edge_fraction;

	return (int64_t)(fraction * (double)rows->tree->shown);
}

void rows_write_field(FILE *out, const char *text)
{
	for (; text && *text; text++) {
		fputc(*text == '\t' || *text == '\n' || *text == '\r' ? ' ' : *text, out);
	}
}

/* 'Dropped 3 nodes (cum <= 1MB)' */
static void write_dropped(const struct rows *rows, size_t count, const char *what, const char *sum,
			  int64_t cutoff)
{
	char text[UNITS_TEXT];

	if (count) {
		fprintf(rows->job->out, "Dropped %zu %s%s (%s <= %s)\n", count, what,
			count == 1 ? "" : "s", sum, units_amount(text, cutoff, rows->unit));
	}
}

void rows_write_summary(const struct rows *rows)
{
	FILE *out = rows->job->out;
	const int64_t total = rows->tree->total;
	char shown[UNITS_TEXT];
	char all[UNITS_TEXT];
	char share[UNITS_TEXT];
	int64_t sum = 0;

	if (!rows->candidates && !rows->small) {
		fputs(rows->job->base ? "No difference.\n" : "Nothing to show.\n", out);
		return;
	}
	if (rows->only_noise) {
		fputs("No change that is more than the chance of sampling; what there is:\n", out);
	}
	for (size_t i = 0; i < rows->count; i++) {
		sum = profile_sum(sum, rows->tree->nodes[rows->numbers[i]].flat);
	}
	const char *text = units_share(share, sum, total);
	fprintf(out, "Showing nodes accounting for %s, %s of %s total\n",
		units_amount(shown, sum, rows->unit), text + strspn(text, " "),
		units_amount(all, total, rows->unit));
	write_dropped(rows, rows->small, "node", "cum",
		      (int64_t)(write_fraction(rows->job) * (double)rows->tree->shown));
	write_dropped(rows, rows->small_edges, "edge", "freq", rows_edge_cutoff(rows));
	if (rows->noise) {
		fprintf(out,
			"Dropped %zu node%s that may differ by chance "
			"(--nodefraction 0 shows all)\n",
			rows->noise, rows->noise == 1 ? "" : "s");
	}
	if (rows->count < rows->candidates) {
		fprintf(out, "Showing top %zu nodes out of %zu\n", rows->count, rows->candidates);
	}
}
