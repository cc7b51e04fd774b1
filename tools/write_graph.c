/* SPDX-License-Identifier: Apache-2.0 */
/* --dot for Graphviz and --callgrind for KCachegrind: the call graph with its sums.
 *
 * dot shows the rows that a table would show. callgrind has every line as a position of its
 * function, so KCachegrind annotates sources; its format is that of valgrind's manual, 'Callgrind
 * Format Specification'. It knows no negative costs, so of a difference it shows the growth. */
#include "rows.h"

#include "mem.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 80

static void write_quoted(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\') {
			fputc('\\', out);
		}
		fputc(*text, out);
	}
}

static const char *color_of(enum kind kind)
{
	switch (kind) {
	case KIND_GO:
		return "#cdeefd";
	case KIND_GO_STD:
	case KIND_GO_RUNTIME:
	case KIND_CGO:
		return "#e4eef2";
	case KIND_NATIVE:
		return "#fde3c5";
	case KIND_ALLOC:
	case KIND_SYSTEM:
	case KIND_MARK:
		return "#eeeeee";
	}
	return "#ffffff";
}

static double share_of(int64_t value, int64_t total)
{
	return total ? fabs((double)value) / (double)total : 0;
}

static void write_dot_node(const struct rows *rows, uint32_t number)
{
	const struct tree_node *node = &rows->tree->nodes[number];
	FILE *out = rows->job->out;
	char place[WRITE_PLACE];
	char flat[UNITS_TEXT];
	char cum[UNITS_TEXT];

	fprintf(out, "\tn%" PRIu32 " [label=\"", number);
	write_quoted(out, node->name);
	const char *file = node->file ? strrchr(node->file, '/') : NULL;
	write_place(place, file ? file + 1 : node->file, node->line);
	if (*place) {
		fputs("\\n", out);
		write_quoted(out, place);
	}
	fprintf(out, "\\n%s of %s\", fontsize=%.0f, fillcolor=\"%s\"];\n",
		units_amount(flat, node->flat, rows->unit),
		units_amount(cum, node->cum, rows->unit),
		10 + 30 * sqrt(share_of(node->flat, rows->tree->total)), color_of(node->kind));
}

static void write_dot_title(const struct rows *rows)
{
	const struct write_job *job = rows->job;
	const char *program = job->profile->about.program;
	const char *slash = program ? strrchr(program, '/') : NULL;
	char total[UNITS_TEXT];

	fputs("\tgraph [labelloc=t, fontname=\"sans-serif\", label=\"", job->out);
	write_quoted(job->out, slash ? slash + 1 : program ? program : "heap");
	fprintf(job->out, ": %s of %s%s\"];\n", units_amount(total, rows->tree->total, rows->unit),
		profile_type_name(job->args->type), job->base ? " grown" : "");
}

int write_dot(const struct write_job *job, struct err *err)
{
	FILE *out = job->out;
	char amount[UNITS_TEXT];
	struct rows rows;

	if (job->args->by == TREE_BY_SIZE) {
		return err_set(err, "--dot has no graph by size");
	}
	struct tree *tree = tree_new(job->view, job->args->type, job->args->by);
	bool *kept = mem_zero(tree->node_count, sizeof *kept);
	rows_choose(&rows, job, tree, ROWS, TREE_OWN_FIRST);
	fprintf(out, "digraph \"%s\" {\n", profile_type_name(job->args->type));
	write_dot_title(&rows);
	fputs("\tnode [shape=box, style=filled, fontname=\"sans-serif\"];\n", out);
	for (size_t i = 0; i < rows.count; i++) {
		kept[rows.numbers[i]] = true;
		write_dot_node(&rows, rows.numbers[i]);
	}
	tree_link(tree, job->view, job->args->type, kept);
	const uint64_t cutoff = (uint64_t)rows_edge_cutoff(&rows);
	for (size_t i = 0; i < tree->edge_count; i++) {
		const struct tree_edge *edge = &tree->edges[i];
		if (edge->value && profile_magnitude(edge->value) >= cutoff) {
			fprintf(out,
				"\tn%" PRIu32 " -> n%" PRIu32 " [label=\"%s\", penwidth=%.1f];\n",
				edge->from, edge->to, units_amount(amount, edge->value, rows.unit),
				1 + 5 * share_of(edge->value, tree->total));
		}
	}
	fputs("}\n", out);
	free(kept);
	rows_free(&rows);
	tree_free(tree);
	return 0;
}

/* One node, and the edges from @edge on that begin there; the first that does not. */
static size_t write_cost(FILE *out, const struct tree *tree, uint32_t number, size_t edge)
{
	const struct tree_node *node = &tree->nodes[number];

	if (node->cum > 0) {
		fprintf(out, "\nfl=%s\nfn=%s\n%" PRIu32 " %" PRId64 "\n",
			node->file ? node->file : "???", node->name, node->line,
			node->flat > 0 ? node->flat : 0);
	}
	for (; edge < tree->edge_count && tree->edges[edge].from == number; edge++) {
		const struct tree_node *to = &tree->nodes[tree->edges[edge].to];
		if (node->cum > 0 && tree->edges[edge].value > 0) {
			fprintf(out,
				"cfl=%s\ncfn=%s\ncalls=1 %" PRIu32 "\n%" PRIu32 " %" PRId64 "\n",
				to->file ? to->file : "???", to->name, to->line, node->line,
				tree->edges[edge].value);
		}
	}
	return edge;
}

static int64_t costs_of(const struct tree *tree)
{
	int64_t sum = 0;

	for (size_t i = 0; i < tree->node_count; i++) {
		const struct tree_node *node = &tree->nodes[i];
		sum = profile_sum(sum, node->cum > 0 && node->flat > 0 ? node->flat : 0);
	}
	return sum;
}

int write_callgrind(const struct write_job *job, struct err *err)
{
	struct tree *tree = tree_new(job->view, job->args->type, TREE_BY_LINE);
	FILE *out = job->out;
	size_t edge = 0;

	(void)err;
	tree_link(tree, job->view, job->args->type, NULL);
	fputs("# callgrind format\nversion: 1\ncreator: leaktrack-symbolize\n", out);
	if (job->profile->about.program) {
		fprintf(out, "cmd: %s\n", job->profile->about.program);
	}
	fprintf(out, "positions: line\nevents: %s\nsummary: %" PRId64 "\n",
		profile_type_name(job->args->type), costs_of(tree));
	for (uint32_t i = 0; i < tree->node_count; i++) {
		edge = write_cost(out, tree, i, edge);
	}
	tree_free(tree);
	return 0;
}
