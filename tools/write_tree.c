/* SPDX-License-Identifier: Apache-2.0 */
/* --tree and --peek: each function between its callers and its callees, as `go tool pprof -tree`
 * prints them and in its order, with file:line behind the function. Edges of less than a thousandth
 * are left out, as there. --peek shows those that match, of all nodes, with all edges. */
#include "rows.h"

#include "mem.h"
#include "pattern.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ROWS	     80
#define NODE_COLUMNS 60 /* that stand before a name */
#define EDGE_COLUMNS 62
#define SEPARATOR    "----------------------------------------------------------+-------------\n"

struct edges {
	const struct tree *tree;
	const struct tree_edge **callers, **callees; /* sorted, heaviest first, by node */
	size_t *first_caller, *first_callee;	     /* of each node; one more at the end */
};

struct sorted {
	const struct tree *tree;
	const struct tree_edge *edge;
	uint32_t node, other; /* whose list it is in, and the other end */
};

static int by_node(const void *a, const void *b)
{
	const struct sorted *x = a;
	const struct sorted *y = b;

	if (x->node != y->node) {
		return x->node < y->node ? -1 : 1;
	}
	if (profile_magnitude(x->edge->value) != profile_magnitude(y->edge->value)) {
		return profile_magnitude(x->edge->value) > profile_magnitude(y->edge->value) ? -1
											     : 1;
	}
	const int names = tree_compare_names(x->tree, x->other, y->other);
	return names ? names : (x->edge > y->edge) - (x->edge < y->edge);
}

static bool is_small(const struct tree_edge *edge, uint64_t cutoff)
{
	return !edge->value || profile_magnitude(edge->value) < cutoff;
}

/* The edges of each node, where @callers says on which side it stands. */
static const struct tree_edge **sort_edges(const struct tree *tree, bool callers, size_t *first,
					   uint64_t cutoff)
{
	struct sorted *list = mem_alloc(tree->edge_count * sizeof *list);
	size_t count = 0;
	const struct tree_edge **edges = mem_alloc(tree->edge_count * sizeof(void *));

	memset(first, 0, (tree->node_count + 1) * sizeof *first);
	for (size_t i = 0; i < tree->edge_count; i++) {
		const struct tree_edge *edge = &tree->edges[i];
		if (is_small(edge, cutoff)) {
			continue;
		}
		const uint32_t node = callers ? edge->to : edge->from;
		const uint32_t other = callers ? edge->from : edge->to;
		list[count++] = (struct sorted){tree, edge, node, other};
		first[node + 1]++;
	}
	for (size_t n = 0; n < tree->node_count; n++) {
		first[n + 1] += first[n];
	}
	qsort(list, count, sizeof *list, by_node);
	for (size_t i = 0; i < count; i++) {
		edges[i] = list[i].edge;
	}
	free(list);
	return edges;
}

/* One line of --tsv: what @of has to do with @node, which is itself, a caller or a callee. */
static void write_tsv_line(const struct rows *rows, const struct tree_node *of,
			   const char *relation, int64_t cum, const struct tree_node *node)
{
	FILE *out = rows->job->out;
	const bool self = node == of;

	rows_write_field(out, of->name);
	fprintf(out, "\t%s\t%" PRId64 "\t%" PRId64 "\t", relation, self ? node->flat : 0, cum);
	rows_write_field(out, node->name);
	fputc('\t', out);
	rows_write_field(out, node->file);
	fprintf(out, "\t%" PRIu32 "\n", node->line);
}

static bool with_line(enum tree_by by)
{
	return by == TREE_BY_LINE || by == TREE_BY_ADDRESS;
}

static void write_edge(const struct rows *rows, const struct tree_edge *edge, bool caller)
{
	const struct tree_node *of = &rows->tree->nodes[caller ? edge->to : edge->from];
	const struct tree_node *other = &rows->tree->nodes[caller ? edge->from : edge->to];
	char amount[UNITS_TEXT];
	char share[UNITS_TEXT];
	char place[WRITE_PLACE];

	if (rows->job->args->tsv) {
		write_tsv_line(rows, of, caller ? "caller" : "callee", edge->value, other);
		return;
	}
	fprintf(rows->job->out, "%50s %s |   ", units_amount(amount, edge->value, rows->unit),
		units_share(share, edge->value, of->cum));
	const bool line = with_line(rows->tree->by);
	const struct write_words words = {
		.name = other->name,
		.place = line ? write_place(place, other->file, other->line) : "",
		.behind = {edge->inlined ? " (inline)" : NULL},
	};
	write_words(rows->job, &words, EDGE_COLUMNS);
	fputc('\n', rows->job->out);
}

static void write_self(const struct rows *rows, const struct tree_node *node, int64_t sum)
{
	const int64_t total = rows->tree->total;
	char text[5][UNITS_TEXT];
	char place[WRITE_PLACE];

	if (rows->job->args->tsv) {
		write_tsv_line(rows, node, "self", node->cum, node);
		return;
	}
	fprintf(rows->job->out, "%10s %s %s %10s %s                | ",
		units_amount(text[0], node->flat, rows->unit),
		units_share(text[1], node->flat, total), units_share(text[2], sum, total),
		units_amount(text[3], node->cum, rows->unit),
		units_share(text[4], node->cum, total));
	const struct write_words words = {
		.name = node->name,
		.place = write_place(place, node->file, node->line),
		.behind = {write_news(rows->job, node->cum, node->base)},
		.strong = true,
	};
	write_words(rows->job, &words, NODE_COLUMNS);
	fputc('\n', rows->job->out);
}

static void write_node(const struct rows *rows, const struct edges *edges, uint32_t number,
		       int64_t sum)
{
	if (!rows->job->args->tsv) {
		fputs(SEPARATOR, rows->job->out);
	}
	for (size_t i = edges->first_caller[number]; i < edges->first_caller[number + 1]; i++) {
		write_edge(rows, edges->callers[i], true);
	}
	write_self(rows, &rows->tree->nodes[number], sum);
	for (size_t i = edges->first_callee[number]; i < edges->first_callee[number + 1]; i++) {
		write_edge(rows, edges->callees[i], false);
	}
}

static bool is_peeked(const struct tree *tree, uint32_t number, const regex_t *peek)
{
	char *text __attribute__((cleanup(mem_free))) = tree_printable(tree, number);

	return pattern_matches(peek, text);
}

static size_t write_nodes(const struct rows *rows, const struct edges *edges, const regex_t *peek)
{
	FILE *out = rows->job->out;
	const bool tsv = rows->job->args->tsv;
	size_t matched = 0;
	int64_t sum = 0;

	if (tsv) {
		fputs("node\trelation\tflat\tcum\tfunction\tfile\tline\n", out);
	} else {
		fputs(SEPARATOR, out);
		fputs("      flat  flat%   sum%        cum   cum%   calls calls% + context\n", out);
	}
	for (size_t i = 0; i < rows->count; i++) {
		const struct tree_node *node = &rows->tree->nodes[rows->numbers[i]];
		if (peek && !is_peeked(rows->tree, rows->numbers[i], peek)) {
			continue;
		}
		matched++;
		sum = profile_sum(sum, node->flat);
		write_node(rows, edges, rows->numbers[i], sum);
	}
	if (!tsv) {
		fputs(SEPARATOR, out);
	}
	return matched;
}

static int write_linked(const struct write_job *job, const regex_t *peek, struct err *err)
{
	struct tree *tree = tree_new(job->view, job->args->type, job->args->by);
	bool *kept = mem_zero(tree->node_count, sizeof *kept);
	struct edges edges = {.tree = tree};
	struct rows rows;

	rows_choose(&rows, job, tree, peek ? ROWS_EACH : ROWS, TREE_FLAT);
	for (size_t i = 0; i < rows.count; i++) {
		kept[rows.numbers[i]] = true;
	}
	tree_link(tree, job->view, job->args->type, kept);
	const uint64_t cutoff = peek ? 0 : (uint64_t)rows_edge_cutoff(&rows);
	for (size_t i = 0; i < tree->edge_count; i++) {
		rows.small_edges += tree->edges[i].value && is_small(&tree->edges[i], cutoff);
	}
	edges.first_caller = mem_zero(tree->node_count + 1, sizeof *edges.first_caller);
	edges.first_callee = mem_zero(tree->node_count + 1, sizeof *edges.first_callee);
	edges.callers = sort_edges(tree, true, edges.first_caller, cutoff);
	edges.callees = sort_edges(tree, false, edges.first_callee, cutoff);
	if (!job->args->tsv) {
		write_head(job);
		rows_write_summary(&rows);
	}
	const size_t matched = write_nodes(&rows, &edges, peek);
	free(edges.callers);
	free(edges.callees);
	free(edges.first_caller);
	free(edges.first_callee);
	free(kept);
	rows_free(&rows);
	tree_free(tree);
	return peek && !matched ? err_set(err, "--peek %s: no function matches", job->args->pattern)
				: 0;
}

int write_tree(const struct write_job *job, struct err *err)
{
	if (job->args->by == TREE_BY_SIZE) {
		return err_set(err, "--tree has no rows by size");
	}
	return write_linked(job, NULL, err);
}

int write_peek(const struct write_job *job, struct err *err)
{
	regex_t regex;

	if (job->args->by == TREE_BY_SIZE) {
		return err_set(err, "--peek has no rows by size");
	}
	if (pattern_compile(&regex, "peek", job->args->pattern, err)) {
		return -1;
	}
	const int result = write_linked(job, &regex, err);
	regfree(&regex);
	return result;
}
