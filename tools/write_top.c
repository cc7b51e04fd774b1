/* SPDX-License-Identifier: Apache-2.0 */
/* The table that `go tool pprof -top` users know, with file:line behind each function.
 *
 * Order: first the functions that own memory (view.h), by what they own; behind them all others by
 * flat, as pprof sorts. In a cgo program the first rows are therefore the Go functions whose C
 * memory it is, marked '-> C.function', even where the block was asked for deep inside a C
 * library and pprof's flat belongs to that. The numbers are pprof's. --cum sorts as pprof does.
 *
 * In a difference rows within two standard errors of nothing are left out: a program that samples
 * always has some blocks in flight, and code that frees them should not look like a leak. */
#include "write.h"

#include "mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ROWS	   20
#define NAME_WIDTH 56

struct table {
	const struct write_job *job;
	const struct tree *tree;
	uint32_t *rows;
	size_t count, candidates, small, noise;
	struct unit unit;
};

static uint64_t magnitude(int64_t value)
{
	return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

static bool is_noise(const struct tree_node *node)
{
	return tree_is_noise((double)node->cum, node->cum_variance) &&
	       (!node->flat || tree_is_noise((double)node->flat, node->flat_variance));
}

/* Which rows remain, in order. Without any that is more than chance, the chance ones are shown. */
static void choose(struct table *table, bool drop_noise)
{
	const double fraction = write_fraction(table->job);
	const double cutoff = fraction * (double)table->tree->total;
	uint32_t *order = tree_sort(table->tree, table->job->args->cum ? TREE_CUM : TREE_OWN_FIRST);

	table->count = table->small = table->noise = 0;
	for (size_t i = 0; i < table->tree->node_count; i++) {
		const struct tree_node *node = &table->tree->nodes[order[i]];
		if (!node->flat && !node->cum) {
			continue;
		}
		if (drop_noise && is_noise(node)) {
			table->noise++;
		} else if ((double)magnitude(node->cum) <= cutoff &&
			   (double)magnitude(node->flat) <= cutoff) {
			table->small++;
		} else {
			order[table->count++] = order[i];
		}
	}
	free(table->rows);
	table->rows = order;
	table->candidates = table->count;
}

static void limit(struct table *table)
{
	const int64_t wanted = table->job->args->node_count;
	const size_t most = wanted < 0 ? ROWS : wanted ? (size_t)wanted : SIZE_MAX;

	table->count = table->count > most ? most : table->count;
}

static void pick_unit(struct table *table)
{
	uint64_t smallest = 0;

	for (size_t i = 0; i < table->count; i++) {
		const struct tree_node *node = &table->tree->nodes[table->rows[i]];
		const uint64_t value = magnitude(node->flat ? node->flat : node->cum);
		smallest = value && (!smallest || value < smallest) ? value : smallest;
	}
	smallest = smallest > INT64_MAX ? INT64_MAX : smallest;
	const bool bytes = profile_type_is_space(table->job->args->type);
	table->unit = bytes && table->job->args->has_unit
			      ? table->job->args->unit
			      : units_pick(bytes, (int64_t)smallest, table->tree->total);
}

static void write_summary(const struct table *table)
{
	FILE *out = table->job->out;
	const int64_t total = table->tree->total;
	char shown[UNITS_TEXT];
	char all[UNITS_TEXT];
	char share[UNITS_TEXT];
	int64_t sum = 0;

	for (size_t i = 0; i < table->count; i++) {
		sum = profile_sum(sum, table->tree->nodes[table->rows[i]].flat);
	}
	const char *text = units_share(share, sum, total);
	fprintf(out, "Showing nodes accounting for %s, %s of %s total\n",
		units_amount(shown, sum, table->unit), text + strspn(text, " "),
		units_amount(all, total, table->unit));
	if (table->small) {
		const int64_t cutoff = (int64_t)(write_fraction(table->job) * (double)total);
		fprintf(out, "Dropped %zu node%s (cum <= %s)\n", table->small,
			table->small == 1 ? "" : "s", units_amount(shown, cutoff, table->unit));
	}
	if (table->noise) {
		fprintf(out,
			"Dropped %zu node%s that may have changed by chance of sampling "
			"(--nodefraction 0 shows all)\n",
			table->noise, table->noise == 1 ? "" : "s");
	}
	if (table->count < table->candidates) {
		fprintf(out, "Showing top %zu nodes out of %zu\n", table->count, table->candidates);
	}
}

static int name_width(const struct table *table)
{
	size_t width = 0;

	for (size_t i = 0; i < table->count; i++) {
		const struct tree_node *node = &table->tree->nodes[table->rows[i]];
		const size_t length = strlen(node->name);
		if (node->file && length > width && length <= NAME_WIDTH) {
			width = length;
		}
	}
	return (int)width;
}

static void write_name(const struct table *table, const struct tree_node *node, int width)
{
	FILE *out = table->job->out;
	char place[WRITE_PLACE];

	if (!node->file) {
		fputs(node->name, out);
	} else {
		fprintf(out, "%-*s  %s", width, node->name,
			write_place(place, node->file, node->line));
	}
	if (node->places > 1 && table->job->args->by == TREE_BY_FUNCTION) {
		fprintf(out, " +%" PRIu32 " line%s", node->places - 1,
			node->places == 2 ? "" : "s");
	}
	if (node->inlined) {
		fputs(node->outline ? " (partial-inline)" : " (inline)", out);
	}
	if (node->call) {
		fprintf(out, "  -> C.%s%s", node->call, node->more_calls ? ", ..." : "");
	}
	fputc('\n', out);
}

static void write_rows(const struct table *table)
{
	FILE *out = table->job->out;
	const int64_t total = table->tree->total;
	const int width = name_width(table);
	char text[5][UNITS_TEXT];
	int64_t sum = 0;

	fprintf(out, "%10s %5s%% %5s%% %10s %5s%%\n", "flat", "flat", "sum", "cum", "cum");
	for (size_t i = 0; i < table->count; i++) {
		const struct tree_node *node = &table->tree->nodes[table->rows[i]];
		sum = profile_sum(sum, node->flat);
		fprintf(out, "%10s %s %s %10s %s  ", units_amount(text[0], node->flat, table->unit),
			units_share(text[1], node->flat, total), units_share(text[2], sum, total),
			units_amount(text[3], node->cum, table->unit),
			units_share(text[4], node->cum, total));
		write_name(table, node, width);
	}
}

int write_top(const struct write_job *job, struct err *err)
{
	struct tree *tree = tree_new(job->view, job->args->type, job->args->by);
	struct table table = {.job = job, .tree = tree};

	(void)err;
	write_head(job);
	choose(&table, job->base && write_fraction(job) > 0);
	if (!table.count && table.noise) {
		fputs("No change that is more than the chance of sampling; what there is:\n",
		      job->out);
		choose(&table, false);
	}
	limit(&table);
	pick_unit(&table);
	write_summary(&table);
	write_rows(&table);
	write_blocks(job);
	free(table.rows);
	tree_free(tree);
	return 0;
}
