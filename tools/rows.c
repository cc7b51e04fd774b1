/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of pprof's newTrimmedGraph (internal/report/report.go), and chance beside them. */
#include "rows.h"

#include "mem.h"

#include <stdlib.h>
#include <string.h>

static uint64_t magnitude(int64_t value)
{
	return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

static void choose(struct rows *rows, double fraction, bool drop_noise)
{
	const double cutoff = fraction * (double)rows->tree->total;
	uint32_t *order = tree_sort(rows->tree, rows->job->args->cum ? TREE_CUM : TREE_OWN_FIRST);

	rows->candidates = rows->small = rows->noise = 0;
	for (size_t i = 0; i < rows->tree->node_count; i++) {
		const struct tree_node *node = &rows->tree->nodes[order[i]];
		if (!node->flat && !node->cum) {
			continue;
		}
		if (drop_noise && !node->real) {
			rows->noise++;
		} else if ((double)magnitude(node->cum) <= cutoff &&
			   (double)magnitude(node->flat) <= cutoff) {
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
		const uint64_t value = magnitude(node->flat ? node->flat : node->cum);
		smallest = value && (!smallest || value < smallest) ? value : smallest;
	}
	smallest = smallest > INT64_MAX ? INT64_MAX : smallest;
	const bool bytes = profile_type_is_space(rows->job->args->type);
	rows->unit = bytes && rows->job->args->has_unit
			     ? rows->job->args->unit
			     : units_pick(bytes, (int64_t)smallest, rows->tree->total);
}

void rows_choose(struct rows *rows, const struct write_job *job, const struct tree *tree,
		 size_t most, bool trim)
{
	const double fraction = trim ? write_fraction(job) : 0;
	const int64_t wanted = trim ? job->args->node_count : 0;

	*rows = (struct rows){.job = job, .tree = tree};
	choose(rows, fraction, job->base && fraction > 0);
	if (!rows->candidates && rows->noise) {
		choose(rows, fraction, false);
		rows->only_noise = true;
	}
	if (wanted >= 0) {
		most = (size_t)wanted;
	}
	rows->count = most && most < rows->candidates ? most : rows->candidates;
	pick_unit(rows);
}

void rows_free(struct rows *rows)
{
	free(rows->numbers);
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
	if (rows->small) {
		const int64_t cutoff = (int64_t)(write_fraction(rows->job) * (double)total);
		fprintf(out, "Dropped %zu node%s (cum <= %s)\n", rows->small,
			rows->small == 1 ? "" : "s", units_amount(shown, cutoff, rows->unit));
	}
	if (rows->noise) {
		fprintf(out,
			"Dropped %zu node%s that may have changed by chance of sampling "
			"(--nodefraction 0 shows all)\n",
			rows->noise, rows->noise == 1 ? "" : "s");
	}
	if (rows->count < rows->candidates) {
		fprintf(out, "Showing top %zu nodes out of %zu\n", rows->count, rows->candidates);
	}
}
