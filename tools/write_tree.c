/* SPDX-License-Identifier: Apache-2.0 */
/* --tree and --peek: each function between its callers and its callees, as `go tool pprof -tree`
 * prints them, with file:line behind the function. --peek shows those that match, of all nodes. */
#include "rows.h"

#include "mem.h"

#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define ROWS	  80
#define SEPARATOR "----------------------------------------------------------+-------------\n"

struct edges {
	const struct tree *tree;
	const struct tree_edge **callers, **callees; /* sorted, heaviest first, by node */
	size_t *first_caller, *first_callee;	     /* of each node; one more at the end */
};

static uint64_t magnitude(int64_t value)
{
	return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

struct sorted {
	const struct tree_edge *edge;
	uint32_t node;	   /* whose list it is in */
	const char *other; /* name of the other end */
};

static int by_node(const void *a, const void *b)
{
	const struct sorted *x = a;
	const struct sorted *y = b;

	if (x->node != y->node) {
		return x->node < y->node ? -1 : 1;
	}
	if (magnitude(x->edge->value) != magnitude(y->edge->value)) {
		return magnitude(x->edge->value) > magnitude(y->edge->value) ? -1 : 1;
	}
	const int names = strcmp(x->other, y->other);
	return names ? names : (x->edge > y->edge) - (x->edge < y->edge);
}

/* The edges of each node, where @callers says on which side it stands. */
static const struct tree_edge **sort_edges(const struct tree *tree, bool callers, size_t *first)
{
	struct sorted *list = mem_alloc(tree->edge_count * sizeof *list);
	const struct tree_edge **edges = mem_alloc(tree->edge_count * sizeof(void *));

	memset(first, 0, (tree->node_count + 1) * sizeof *first);
	for (size_t i = 0; i < tree->edge_count; i++) {
		const struct tree_edge *edge = &tree->edges[i];
		const uint32_t node = callers ? edge->to : edge->from;
		const uint32_t other = callers ? edge->from : edge->to;
		list[i] = (struct sorted){edge, node, tree->nodes[other].name};
		first[node + 1]++;
	}
	for (size_t n = 0; n < tree->node_count; n++) {
		first[n + 1] += first[n];
	}
	qsort(list, tree->edge_count, sizeof *list, by_node);
	for (size_t i = 0; i < tree->edge_count; i++) {
		edges[i] = list[i].edge;
	}
	free(list);
	return edges;
}

static void write_edges(const struct rows *rows, const struct tree_edge *const *edges, size_t count,
			bool callers, int64_t cum)
{
	char amount[UNITS_TEXT];
	char share[UNITS_TEXT];

	for (size_t i = 0; i < count; i++) {
		const struct tree_edge *edge = edges[i];
		if (edge->value) {
			const uint32_t other = callers ? edge->from : edge->to;
			fprintf(rows->job->out, "%50s %s |   %s%s\n",
				units_amount(amount, edge->value, rows->unit),
				units_share(share, edge->value, cum), rows->tree->nodes[other].name,
				edge->inlined ? " (inline)" : "");
		}
	}
}

static void write_node(const struct rows *rows, const struct edges *edges, uint32_t number,
		       int64_t sum)
{
	FILE *out = rows->job->out;
	const struct tree_node *node = &rows->tree->nodes[number];
	const int64_t total = rows->tree->total;
	const size_t in = edges->first_caller[number];
	const size_t to = edges->first_callee[number];
	char text[5][UNITS_TEXT];
	char place[WRITE_PLACE];

	fputs(SEPARATOR, out);
	write_edges(rows, edges->callers + in, edges->first_caller[number + 1] - in, true,
		    node->cum);
	write_place(place, node->file, node->line);
	fprintf(out, "%10s %s %s %10s %s                | %s%s%s\n",
		units_amount(text[0], node->flat, rows->unit),
		units_share(text[1], node->flat, total), units_share(text[2], sum, total),
		units_amount(text[3], node->cum, rows->unit),
		units_share(text[4], node->cum, total), node->name, *place ? "  " : "", place);
	write_edges(rows, edges->callees + to, edges->first_callee[number + 1] - to, false,
		    node->cum);
}

static size_t write_nodes(const struct rows *rows, const struct edges *edges, const regex_t *peek)
{
	FILE *out = rows->job->out;
	size_t matched = 0;
	int64_t sum = 0;

	fputs(SEPARATOR, out);
	fputs("      flat  flat%   sum%        cum   cum%   calls calls% + context\n", out);
	for (size_t i = 0; i < rows->count; i++) {
		const struct tree_node *node = &rows->tree->nodes[rows->numbers[i]];
		if (peek && regexec(peek, node->name, 0, NULL, 0)) {
			continue;
		}
		matched++;
		sum = profile_sum(sum, node->flat);
		write_node(rows, edges, rows->numbers[i], sum);
	}
	fputs(SEPARATOR, out);
	return matched;
}

static int write_linked(const struct write_job *job, const regex_t *peek, struct err *err)
{
	struct tree *tree = tree_new(job->view, job->args->type, job->args->by);
	bool *kept = mem_zero(tree->node_count, sizeof *kept);
	struct edges edges = {.tree = tree};
	struct rows rows;

	rows_choose(&rows, job, tree, ROWS, !peek);
	for (size_t i = 0; i < rows.count; i++) {
		kept[rows.numbers[i]] = true;
	}
	tree_link(tree, job->view, job->args->type, kept);
	edges.first_caller = mem_zero(tree->node_count + 1, sizeof *edges.first_caller);
	edges.first_callee = mem_zero(tree->node_count + 1, sizeof *edges.first_callee);
	edges.callers = sort_edges(tree, true, edges.first_caller);
	edges.callees = sort_edges(tree, false, edges.first_callee);
	write_head(job);
	rows_write_summary(&rows);
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

	if (write_regex(&regex, "peek", job->args->pattern, err)) {
		return -1;
	}
	const int result = write_linked(job, &regex, err);
	regfree(&regex);
	return result;
}
