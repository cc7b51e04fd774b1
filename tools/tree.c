/* SPDX-License-Identifier: Apache-2.0 */
/* One walk over all stacks. A recursive function must count once for each stack, so each node and
 * each edge remembers the last stack that it counted, as a number from 1.
 *
 * A node of a function has places, file:line pairs, with sums of their own; the heaviest one is
 * what a table shows. Heavy means by own, then flat, then cum, so that the line that leaks wins
 * over one that is merely passed through more often. */
#include "tree.h"

#include "mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct weight {
	int64_t own, flat, cum;
};

struct place {
	uint32_t node, line, seen;
	const char *file;
	struct weight weight;
};

struct call {
	uint32_t node;
	const char *name;
	int64_t value;
};

/* What a node is while it is counted, beside struct tree_node. */
struct mark {
	uint32_t seen;
	uint32_t best; /* its heaviest place */
	int64_t call_value;
};

struct builder {
	struct tree *tree;
	const struct view *view;
	enum profile_type type;
	enum tree_by by;
	size_t node_room, mark_room, place_room, call_room;
	struct finder node_index, place_index, call_index;
	struct mark *marks;
	struct place *places;
	struct call *calls;
	size_t place_count, call_count;
	struct mem_pool *names;
	uint32_t *node_of; /* for each function, where it alone tells the node: number + 1 */
};

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static uint32_t node_named(struct builder *b, const char *name, const char *file, uint32_t line)
{
	struct tree *tree = b->tree;
	const uint64_t hash =
		finder_hash_number(finder_hash_string(finder_hash_string(0, name), file), line);
	size_t at = 0;
	uint32_t number;

	while ((number = finder_next(&b->node_index, hash, &at)) != FINDER_NONE) {
		const struct tree_node *node = &tree->nodes[number];
		if (same(node->name, name) && same(node->file, file) && node->line == line) {
			return number;
		}
	}
	number = (uint32_t)tree->node_count++;
	tree->nodes = mem_grow(tree->nodes, &b->node_room, number + (size_t)1, sizeof *tree->nodes);
	b->marks = mem_grow(b->marks, &b->mark_room, number + (size_t)1, sizeof *b->marks);
	tree->nodes[number] = (struct tree_node){.name = name, .file = file, .line = line};
	b->marks[number] = (struct mark){.best = FINDER_NONE};
	finder_put(&b->node_index, hash, number);
	return number;
}

/* As node_named(), of a name that is made up here; it is copied where it is new. */
static uint32_t node_made(struct builder *b, const char *name, const char *file, uint32_t line)
{
	const size_t count = b->tree->node_count;
	const uint32_t number = node_named(b, name, file, line);

	if (b->tree->node_count > count) {
		b->tree->nodes[number].name = mem_pool_string(b->names, name, strlen(name));
	}
	return number;
}

static uint32_t node_sized(struct builder *b, uint64_t size)
{
	char text[40];

	snprintf(text, sizeof text, "%llu B", (unsigned long long)size);
	return node_made(b, text, NULL, 0);
}

/* '00000000004a1b2c main.main', as pprof has it. */
static uint32_t node_addressed(struct builder *b, const struct view_frame *frame)
{
	const struct profile *profile = b->view->profile;
	const struct profile_function *function = &profile->functions[frame->function];
	char *name = mem_print("%016" PRIx64 " %s", profile->locations[frame->location].pc,
			       function->name);
	const uint32_t number = node_made(b, name, function->file, frame->line);

	free(name);
	return number;
}

/* The file; where it is unknown, the module stands for it. */
static uint32_t node_filed(struct builder *b, const struct profile_function *function)
{
	const char *module = function->module;

	if (function->file || !module) {
		return node_named(b, function->file ? function->file : function->name, NULL, 0);
	}
	const char *slash = strrchr(module, '/');
	char *name =
		mem_print(*module == '[' ? "%s" : "[%s]", slash && slash[1] ? slash + 1 : module);
	const uint32_t number = node_made(b, name, NULL, 0);
	free(name);
	return number;
}

static uint32_t node_of_function(struct builder *b, const struct profile_function *function)
{
	switch (b->by) {
	case TREE_BY_FILEFUNCTION:
		return node_named(b, function->name, function->file, 0);
	case TREE_BY_FILE:
		return node_filed(b, function);
	case TREE_BY_MODULE:
		return node_named(b, function->module ? function->module : "<unknown>", NULL, 0);
	case TREE_BY_FUNCTION:
	case TREE_BY_LINE:
	case TREE_BY_ADDRESS:
	case TREE_BY_SIZE:
		break;
	}
	return node_named(b, function->name, NULL, 0);
}

static uint32_t node_of(struct builder *b, const struct view_frame *frame)
{
	const struct profile_function *function = &b->view->profile->functions[frame->function];

	if (b->by == TREE_BY_LINE) {
		return node_named(b, function->name, function->file, frame->line);
	}
	if (b->by == TREE_BY_ADDRESS) {
		return node_addressed(b, frame);
	}
	if (!b->node_of[frame->function]) {
		b->node_of[frame->function] = node_of_function(b, function) + 1;
	}
	return b->node_of[frame->function] - 1;
}

static struct place *place_of(struct builder *b, uint32_t node, const struct view_frame *frame)
{
	const char *file = b->view->profile->functions[frame->function].file;
	const uint64_t hash =
		finder_hash_number(finder_hash_number(node, frame->line), (uintptr_t)file);
	size_t at = 0;
	uint32_t number;

	while ((number = finder_next(&b->place_index, hash, &at)) != FINDER_NONE) {
		struct place *place = &b->places[number];
		if (place->node == node && place->line == frame->line && place->file == file) {
			return place;
		}
	}
	number = (uint32_t)b->place_count++;
	b->places = mem_grow(b->places, &b->place_room, number + (size_t)1, sizeof *b->places);
	b->places[number] = (struct place){.node = node, .line = frame->line, .file = file};
	finder_put(&b->place_index, hash, number);
	return &b->places[number];
}

static void count_call(struct builder *b, uint32_t node, const char *name, int64_t value)
{
	const uint64_t hash = finder_hash_string(node, name);
	size_t at = 0;
	uint32_t number;

	while ((number = finder_next(&b->call_index, hash, &at)) != FINDER_NONE) {
		if (b->calls[number].node == node && same(b->calls[number].name, name)) {
			b->calls[number].value = profile_sum(b->calls[number].value, value);
			return;
		}
	}
	number = (uint32_t)b->call_count++;
	b->calls = mem_grow(b->calls, &b->call_room, number + (size_t)1, sizeof *b->calls);
	b->calls[number] = (struct call){node, name, value};
	finder_put(&b->call_index, hash, number);
}

static void add_weight(struct weight *to, int64_t value, bool flat, bool own, bool cum)
{
	to->flat = profile_sum(to->flat, flat ? value : 0);
	to->own = profile_sum(to->own, own ? value : 0);
	to->cum = profile_sum(to->cum, cum ? value : 0);
}

static void count_frame(struct builder *b, const struct view_stack *stack, uint32_t i,
			uint32_t number, uint32_t mark)
{
	const struct view_frame *frame = &b->view->frames[stack->first + i];
	const int64_t value = view_value(b->view, stack, b->type);
	const int64_t base = b->view->profile->stacks[stack->stack].base[b->type];
	struct tree_node *node = &b->tree->nodes[number];
	const bool first = b->marks[number].seen != mark;
	struct weight sum = {node->own, node->flat, node->cum};

	add_weight(&sum, value, i == 0, i == stack->owner, first);
	node->own = sum.own;
	node->flat = sum.flat;
	node->cum = sum.cum;
	node->base = profile_sum(node->base, first ? base : 0);
	node->real |= value && !stack->chance;
	node->kind = b->view->kinds[frame->function];
	node->start_line = b->view->profile->functions[frame->function].start_line;
	node->nameless |= b->view->profile->functions[frame->function].nameless;
	node->inlined |= frame->inlined;
	node->outline |= !frame->inlined;
	b->marks[number].seen = mark;
	if (i == stack->owner && stack->call) {
		count_call(b, number, stack->call, value);
	}
	struct place *place = place_of(b, number, frame);
	add_weight(&place->weight, value, i == 0, i == stack->owner, place->seen != mark);
	place->seen = mark;
}

static void count_stack(struct builder *b, const struct view_stack *stack, uint32_t mark)
{
	if (b->by == TREE_BY_SIZE && stack->count) {
		const uint64_t size = b->view->profile->stacks[stack->stack].size;
		const uint32_t number = node_sized(b, size);
		struct view_stack one = *stack;
		one.owner = 0;
		count_frame(b, &one, 0, number, mark);
		return;
	}
	for (uint32_t i = 0; i < stack->count; i++) {
		const uint32_t number = node_of(b, &b->view->frames[stack->first + i]);
		count_frame(b, stack, i, number, mark);
		b->tree->frame_nodes[stack->first + i] = number;
	}
}

/* Below 0: a is heavier. */
static int compare_weights(const struct weight *a, const struct weight *b)
{
	const int64_t pairs[][2] = {{a->own, b->own}, {a->flat, b->flat}, {a->cum, b->cum}};

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		if (profile_magnitude(pairs[i][0]) != profile_magnitude(pairs[i][1])) {
			return profile_magnitude(pairs[i][0]) > profile_magnitude(pairs[i][1]) ? -1
											       : 1;
		}
	}
	return 0;
}

static void pick_places(struct builder *b)
{
	for (uint32_t i = 0; i < b->place_count; i++) {
		const struct place *place = &b->places[i];
		struct mark *mark = &b->marks[place->node];
		b->tree->nodes[place->node].places += place->weight.cum != 0;
		if (mark->best == FINDER_NONE ||
		    compare_weights(&place->weight, &b->places[mark->best].weight) < 0) {
			mark->best = i;
		}
	}
	for (size_t n = 0; n < b->tree->node_count; n++) {
		const struct place *best = &b->places[b->marks[n].best];
		if (b->by <= TREE_BY_FILEFUNCTION) {
			b->tree->nodes[n].file = best->file;
			b->tree->nodes[n].line = best->line;
		}
	}
	for (size_t i = 0; i < b->call_count; i++) {
		const struct call *call = &b->calls[i];
		struct tree_node *node = &b->tree->nodes[call->node];
		struct mark *mark = &b->marks[call->node];
		node->more_calls |= node->call != NULL;
		if (!node->call ||
		    profile_magnitude(call->value) > profile_magnitude(mark->call_value)) {
			node->call = call->name;
			mark->call_value = call->value;
		}
	}
}

struct tree *tree_new(const struct view *view, enum profile_type type, enum tree_by by)
{
	struct tree *tree = mem_zero(1, sizeof *tree);
	struct builder b = {.tree = tree, .view = view, .type = type, .by = by};

	tree->by = by;
	tree->names = mem_pool_new();
	b.names = tree->names;
	tree->nodes = mem_grow(NULL, &b.node_room, 1, sizeof *tree->nodes);
	b.marks = mem_grow(NULL, &b.mark_room, 1, sizeof *b.marks);
	b.places = mem_grow(NULL, &b.place_room, 1, sizeof *b.places);
	tree->frame_nodes = mem_zero(view->frame_count, sizeof *tree->frame_nodes);
	b.node_of = mem_zero(view->profile->function_count, sizeof *b.node_of);
	for (uint32_t i = 0; i < view->stack_count; i++) {
		count_stack(&b, &view->stacks[i], i + 1);
	}
	tree->total = view_total(view, type);
	tree->shown = view_shown(view, type);
	pick_places(&b);
	finder_clear(&b.node_index);
	finder_clear(&b.place_index);
	finder_clear(&b.call_index);
	free(b.marks);
	free(b.places);
	free(b.calls);
	free(b.node_of);
	return tree;
}

void tree_free(struct tree *tree)
{
	if (!tree) {
		return;
	}
	mem_pool_free(tree->names);
	free(tree->nodes);
	free(tree->edges);
	free(tree->frame_nodes);
	free(tree);
}

struct linker {
	struct tree *tree;
	struct finder edge_index;
	uint32_t *seen; /* the last stack that counted for each edge, from 1 */
	size_t edge_room, seen_room;
};

static uint32_t edge_of(struct linker *l, uint32_t from, uint32_t to)
{
	struct tree *tree = l->tree;
	const uint64_t hash = finder_hash_number(from, to);
	size_t at = 0;
	uint32_t number;

	while ((number = finder_next(&l->edge_index, hash, &at)) != FINDER_NONE) {
		if (tree->edges[number].from == from && tree->edges[number].to == to) {
			return number;
		}
	}
	number = (uint32_t)tree->edge_count++;
	tree->edges = mem_grow(tree->edges, &l->edge_room, number + (size_t)1, sizeof *tree->edges);
	l->seen = mem_grow(l->seen, &l->seen_room, number + (size_t)1, sizeof *l->seen);
	tree->edges[number] = (struct tree_edge){.from = from, .to = to};
	l->seen[number] = 0;
	finder_put(&l->edge_index, hash, number);
	return number;
}

static int by_ends(const void *a, const void *b)
{
	const struct tree_edge *x = a;
	const struct tree_edge *y = b;

	if (x->from != y->from) {
		return x->from < y->from ? -1 : 1;
	}
	return x->to < y->to ? -1 : x->to > y->to;
}

void tree_link(struct tree *tree, const struct view *view, enum profile_type type, const bool *kept)
{
	struct linker l = {.tree = tree};

	tree->edges = mem_grow(NULL, &l.edge_room, 1, sizeof *tree->edges);
	l.seen = mem_grow(NULL, &l.seen_room, 1, sizeof *l.seen);
	for (uint32_t i = 0; i < view->stack_count; i++) {
		const struct view_stack *stack = &view->stacks[i];
		const int64_t value = view_value(view, stack, type);
		uint32_t caller = FINDER_NONE;
		for (uint32_t f = stack->count; f-- > 0;) {
			const uint32_t node = tree->frame_nodes[stack->first + f];
			if (kept && !kept[node]) {
				continue;
			}
			if (caller != FINDER_NONE && caller != node) {
				const uint32_t number = edge_of(&l, caller, node);
				struct tree_edge *edge = &tree->edges[number];
				edge->inlined |= view->frames[stack->first + f].inlined;
				edge->value = profile_sum(edge->value,
							  l.seen[number] == i + 1 ? 0 : value);
				l.seen[number] = i + 1;
			}
			caller = node;
		}
	}
	qsort(tree->edges, tree->edge_count, sizeof *tree->edges, by_ends);
	finder_clear(&l.edge_index);
	free(l.seen);
}

char *tree_printable(const struct tree *tree, uint32_t number)
{
	const struct tree_node *node = &tree->nodes[number];
	const bool with_line = tree->by == TREE_BY_LINE || tree->by == TREE_BY_ADDRESS;

	if (!node->file || (!with_line && tree->by != TREE_BY_FILEFUNCTION)) {
		return mem_string(node->name);
	}
	return with_line && node->line ? mem_print("%s %s:%u", node->name, node->file, node->line)
				       : mem_print("%s %s", node->name, node->file);
}

int tree_compare_names(const struct tree *tree, uint32_t a, uint32_t b)
{
	const struct tree_node *x = &tree->nodes[a];
	const struct tree_node *y = &tree->nodes[b];
	size_t same = 0;

	while (x->name[same] && x->name[same] == y->name[same]) {
		same++;
	}
	if (tree->by == TREE_BY_FUNCTION || (x->name[same] && y->name[same])) {
		return strcmp(x->name + same, y->name + same);
	}
	/* One name begins the other, so what stands behind it decides. */
	char *left __attribute__((cleanup(mem_free))) = tree_printable(tree, a);
	char *right __attribute__((cleanup(mem_free))) = tree_printable(tree, b);
	return strcmp(left, right);
}

struct ranked {
	const struct tree *tree;
	uint32_t number;
	struct weight first, last; /* what counts before the name, and what behind it */
};

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a;
	const struct ranked *y = b;
	int order = compare_weights(&x->first, &y->first);

	order = order ? order : tree_compare_names(x->tree, x->number, y->number);
	order = order ? order : compare_weights(&x->last, &y->last);
	return order ? order : (x->number > y->number) - (x->number < y->number);
}

static struct ranked rank_of(const struct tree *tree, uint32_t number, enum tree_order order)
{
	const struct tree_node *node = &tree->nodes[number];
	struct ranked ranked = {.tree = tree, .number = number};

	switch (order) {
	case TREE_OWN_FIRST:
		ranked.first = (struct weight){node->own, node->flat, node->cum};
		break;
	case TREE_FLAT:
		ranked.first.flat = node->flat;
		ranked.last.cum = node->cum;
		break;
	case TREE_CUM:
		ranked.first.cum = node->cum;
		ranked.last.flat = node->flat;
		break;
	}
	return ranked;
}

uint32_t *tree_sort(const struct tree *tree, enum tree_order order)
{
	struct ranked *ranks = mem_alloc(tree->node_count * sizeof *ranks);
	uint32_t *numbers = mem_alloc(tree->node_count * sizeof *numbers);

	for (uint32_t i = 0; i < tree->node_count; i++) {
		ranks[i] = rank_of(tree, i, order);
	}
	qsort(ranks, tree->node_count, sizeof *ranks, by_rank);
	for (size_t i = 0; i < tree->node_count; i++) {
		numbers[i] = ranks[i].number;
	}
	free(ranks);
	return numbers;
}
