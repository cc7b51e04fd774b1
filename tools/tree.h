/* SPDX-License-Identifier: Apache-2.0 */
/* tree - flat and cumulative sums over a view
 *
 * A node is all frames that read the same: the same function, or line, address, file, module, size.
 *
 *     flat = amounts asked for by the node itself (the innermost frame shown)
 *     cum  = amounts of all stacks that pass through it, each stack once
 *     own  = amounts whose owner it is (view.h): the line that somebody can change
 *     sum of all flat = sum of all own = sum of all values
 *
 * An edge is a pair of nodes that call each other in some stack, perhaps by way of nodes that are
 * not kept. Numbers stop at the limits of int64_t. */
#ifndef LEAKTRACK_TOOLS_TREE_H
#define LEAKTRACK_TOOLS_TREE_H

#include "view.h"

struct mem_pool;

/* Those up to TREE_BY_ADDRESS are code, which has a place and may be inlined. */
enum tree_by {
	TREE_BY_FUNCTION,
	TREE_BY_FILEFUNCTION,
	TREE_BY_LINE,
	TREE_BY_ADDRESS,
	TREE_BY_FILE,
	TREE_BY_MODULE,
	TREE_BY_SIZE,
};

struct tree_node {
	const char *name;    /* never NULL */
	const char *file;    /* of its heaviest place; NULL: unknown */
	uint32_t line;	     /* 0: unknown */
	uint32_t start_line; /* where the function starts; 0: unknown */
	uint32_t places;     /* how many different file:line it has */
	enum kind kind;
	int64_t flat, cum, own;
	int64_t base;	       /* what was subtracted to get cum */
	bool real;	       /* some stack through it is no chance: view_weigh() */
	const char *call;      /* the heaviest cgo call of what it owns; NULL: none */
	bool more_calls;       /* it owns others too */
	bool nameless;	       /* the name stands for a module only */
	bool inlined, outline; /* seen inlined into a caller; seen as a function of its own */
};

struct tree_edge {
	uint32_t from, to; /* caller and callee */
	int64_t value;
	bool inlined; /* in some stack */
};

struct tree {
	struct tree_node *nodes;
	struct tree_edge *edges;
	size_t node_count, edge_count;
	uint32_t *frame_nodes; /* node of each frame of the view; NULL by size */
	int64_t total, shown;  /* view_total(), view_shown() */
	enum tree_by by;
	struct mem_pool *names; /* of nodes by size */
};

struct tree *tree_new(const struct view *view, enum profile_type type, enum tree_by by);
void tree_free(struct tree *tree); /* NULL is fine */

/* tree_link - fill in the edges, once, sorted by caller and callee
 * @kept  for each node whether it is one of those to be linked; NULL: all are */
void tree_link(struct tree *tree, const struct view *view, enum profile_type type,
	       const bool *kept);

enum tree_order {
	TREE_OWN_FIRST, /* what owns something by that, all else behind by flat; then cum, name */
	TREE_FLAT,	/* then name, then cum: pprof's FlatNameOrder */
	TREE_CUM,	/* then name, then flat: its CumNameOrder */
};

/* tree_sort - node numbers in an order, always the same one; free() it */
uint32_t *tree_sort(const struct tree *tree, enum tree_order order);

/* tree_printable - what pprof prints of a node: its name; by line and address 'name file:line', by
 * filefunction 'name file'; free() it */
char *tree_printable(const struct tree *tree, uint32_t number);

/* tree_compare_names - as strcmp() of these */
int tree_compare_names(const struct tree *tree, uint32_t a, uint32_t b);

#endif
