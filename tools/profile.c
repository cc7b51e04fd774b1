/* SPDX-License-Identifier: Apache-2.0 */
/* Everything is a growing array with an index beside it that finds equal elements again. Strings
 * are kept once, in a pool that never moves them, so functions are compared by pointer.
 *
 * Merging two profiles is where addresses of different processes meet. A mapping is recognized by
 * its build-id, offset and length, and its locations are moved by the difference of the starts, as
 * `go tool pprof` does (profile/merge.go, mapping key). Without a build-id a path proves nothing,
 * the file may have been rebuilt: then only two dumps of one process share a mapping, by its
 * range. Everything else stays apart here and meets by name later (diff.c). */
#include "profile.h"

#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define PUSH(profile, what, whats)                                                           \
	((profile)->whats = mem_grow((profile)->whats, &(profile)->what##_room,              \
				     (profile)->what##_count + 1, sizeof *(profile)->whats), \
	 memset(&(profile)->whats[(profile)->what##_count], 0, sizeof *(profile)->whats),    \
	 (uint32_t)(profile)->what##_count++)

struct profile *profile_new(void)
{
	struct profile *profile = mem_zero(1, sizeof *profile);

	profile->pool = mem_pool_new();
	return profile;
}

void profile_free(struct profile *profile)
{
	if (!profile) {
		return;
	}
	mem_pool_free(profile->pool);
	finder_clear(&profile->mapping_index);
	finder_clear(&profile->location_index);
	finder_clear(&profile->function_index);
	finder_clear(&profile->stack_index);
	finder_clear(&profile->string_index);
	free(profile->mappings);
	free(profile->locations);
	free(profile->functions);
	free(profile->lines);
	free(profile->stacks);
	free(profile->frames);
	free(profile->strings);
	free(profile);
}

const char *profile_string(struct profile *profile, const char *text, size_t length)
{
	const uint64_t hash = finder_hash(0, text, length);
	size_t at = 0;
	uint32_t number;

	while ((number = finder_next(&profile->string_index, hash, &at)) != FINDER_NONE) {
		const char *known = profile->strings[number];
		if (!strncmp(known, text, length) && !known[length]) {
			return known;
		}
	}
	number = PUSH(profile, string, strings);
	profile->strings[number] = mem_pool_string(profile->pool, text, length);
	finder_put(&profile->string_index, hash, number);
	return profile->strings[number];
}

static const char *own(struct profile *profile, const char *text)
{
	return text ? profile_string(profile, text, strlen(text)) : NULL;
}

static uint64_t range_hash(const struct profile_mapping *mapping)
{
	uint64_t hash = finder_hash_number(mapping->start, mapping->end);

	hash = finder_hash_number(hash, mapping->offset);
	return finder_hash_string(hash, mapping->path);
}

/* The same code wherever it was mapped; only of use where there is a build-id. */
static uint64_t code_hash(const struct profile_mapping *mapping)
{
	uint64_t hash = finder_hash_number(mapping->offset, mapping->end - mapping->start);

	return finder_hash_string(hash, mapping->build_id);
}

static uint32_t push_mapping(struct profile *profile, const struct profile_mapping *mapping)
{
	const uint32_t number = PUSH(profile, mapping, mappings);

	profile->mappings[number] = *mapping;
	profile->mappings[number].path = own(profile, mapping->path);
	profile->mappings[number].build_id = own(profile, mapping->build_id);
	finder_put(&profile->mapping_index, range_hash(mapping), number);
	if (mapping->build_id) {
		finder_put(&profile->mapping_index, code_hash(mapping), number);
	}
	return number;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

uint32_t profile_add_mapping(struct profile *profile, const struct profile_mapping *mapping)
{
	const uint64_t hash = range_hash(mapping);
	size_t at = 0;
	uint32_t number;

	while ((number = finder_next(&profile->mapping_index, hash, &at)) != FINDER_NONE) {
		const struct profile_mapping *known = &profile->mappings[number];
		if (known->start == mapping->start && known->end == mapping->end &&
		    known->offset == mapping->offset && same_text(known->path, mapping->path) &&
		    same_text(known->build_id, mapping->build_id)) {
			return number;
		}
	}
	return push_mapping(profile, mapping);
}

uint32_t profile_add_location(struct profile *profile, uint64_t pc, uint32_t mapping)
{
	const uint64_t hash = finder_hash_number(pc, mapping);
	size_t at = 0;
	uint32_t number;

	while ((number = finder_next(&profile->location_index, hash, &at)) != FINDER_NONE) {
		const struct profile_location *known = &profile->locations[number];
		if (known->pc == pc && known->mapping == mapping) {
			return number;
		}
	}
	number = PUSH(profile, location, locations);
	profile->locations[number].pc = pc;
	profile->locations[number].mapping = mapping;
	finder_put(&profile->location_index, hash, number);
	return number;
}

static const char *own_clean(struct profile *profile, const char *text)
{
	if (!text) {
		return NULL;
	}
	char *clean = mem_string(text);
	for (char *at = clean; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f) {
			*at = '?';
		}
	}
	const char *kept = own(profile, clean);
	free(clean);
	return kept;
}

uint32_t profile_add_function(struct profile *profile, const struct profile_function *function)
{
	struct profile_function copy = *function;
	size_t at = 0;
	uint32_t number;

	copy.name = own_clean(profile, function->name);
	copy.symbol = own_clean(profile, function->symbol ? function->symbol : function->name);
	copy.file = own_clean(profile, function->file);
	copy.module = own_clean(profile, function->module);
	uint64_t hash = finder_hash_number((uintptr_t)copy.name, (uintptr_t)copy.file);
	hash = finder_hash_number(hash, (uintptr_t)copy.symbol);
	while ((number = finder_next(&profile->function_index, hash, &at)) != FINDER_NONE) {
		const struct profile_function *known = &profile->functions[number];
		if (known->name == copy.name && known->file == copy.file &&
		    known->symbol == copy.symbol && known->start_line == copy.start_line) {
			return number;
		}
	}
	number = PUSH(profile, function, functions);
	profile->functions[number] = copy;
	finder_put(&profile->function_index, hash, number);
	return number;
}

void profile_set_lines(struct profile *profile, uint32_t location, const struct profile_line *lines,
		       size_t count)
{
	profile->lines = mem_grow(profile->lines, &profile->line_room, profile->line_count + count,
				  sizeof *profile->lines);
	memcpy(profile->lines + profile->line_count, lines, count * sizeof *lines);
	profile->locations[location].first_line = (uint32_t)profile->line_count;
	profile->locations[location].lines = (uint32_t)count;
	profile->line_count += count;
}

uint32_t profile_add_stack(struct profile *profile, const uint32_t *locations, size_t depth,
			   uint64_t size)
{
	const size_t bytes = depth * sizeof *locations;
	const uint64_t hash = finder_hash(size, locations, bytes);
	size_t at = 0;
	uint32_t number;

	while ((number = finder_next(&profile->stack_index, hash, &at)) != FINDER_NONE) {
		const struct profile_stack *known = &profile->stacks[number];
		if (known->depth == depth && known->size == size &&
		    (!depth || !memcmp(profile->frames + known->first_frame, locations, bytes))) {
			return number;
		}
	}
	profile->frames = mem_grow(profile->frames, &profile->frame_room,
				   profile->frame_count + depth, sizeof *profile->frames);
	if (depth) {
		memcpy(profile->frames + profile->frame_count, locations, bytes);
	}
	number = PUSH(profile, stack, stacks);
	profile->stacks[number].first_frame = (uint32_t)profile->frame_count;
	profile->stacks[number].depth = (uint32_t)depth;
	profile->stacks[number].size = size;
	profile->frame_count += depth;
	finder_put(&profile->stack_index, hash, number);
	return number;
}

struct placed {
	uint64_t start;
	uint32_t number;
};

static int by_start(const void *a, const void *b)
{
	const struct placed *x = a;
	const struct placed *y = b;

	if (x->start != y->start) {
		return x->start < y->start ? -1 : 1;
	}
	return x->number < y->number ? -1 : x->number > y->number;
}

/* The last mapping that starts at or before pc; @order is sorted by start. */
static uint32_t mapping_of(const struct profile *profile, const struct placed *order, uint64_t pc)
{
	size_t low = 0;
	size_t high = profile->mapping_count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (order[middle].start <= pc) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (!low || pc >= profile->mappings[order[low - 1].number].end) {
		return PROFILE_NONE;
	}
	return order[low - 1].number;
}

void profile_place(struct profile *profile)
{
	struct placed *order = mem_alloc(profile->mapping_count * sizeof *order);

	for (uint32_t i = 0; i < profile->mapping_count; i++) {
		order[i] = (struct placed){profile->mappings[i].start, i};
	}
	qsort(order, profile->mapping_count, sizeof *order, by_start);
	finder_clear(&profile->location_index);
	for (uint32_t i = 0; i < profile->location_count; i++) {
		struct profile_location *location = &profile->locations[i];
		location->mapping = mapping_of(profile, order, location->pc);
		finder_put(&profile->location_index,
			   finder_hash_number(location->pc, location->mapping), i);
	}
	free(order);
}

/* The mapping of @profile that is the same code as @wanted; added when there is none. */
static uint32_t same_mapping(struct profile *profile, const struct profile_mapping *wanted,
			     bool same_process)
{
	const uint64_t hash = code_hash(wanted);
	size_t at = 0;
	uint32_t number;

	if (!wanted->build_id) {
		return same_process ? profile_add_mapping(profile, wanted)
				    : push_mapping(profile, wanted);
	}
	while ((number = finder_next(&profile->mapping_index, hash, &at)) != FINDER_NONE) {
		const struct profile_mapping *known = &profile->mappings[number];
		if (known->offset == wanted->offset &&
		    known->end - known->start == wanted->end - wanted->start &&
		    same_text(known->build_id, wanted->build_id)) {
			return number;
		}
	}
	return push_mapping(profile, wanted);
}

bool profile_same_process(const struct profile_about *a, const struct profile_about *b)
{
	return a->pid && a->pid == b->pid && a->start_ns == b->start_ns;
}

/* INT64_MIN has no counterpart: it becomes the nearest. A profile.proto can have it. */
static int64_t signed_by(int64_t value, int sign)
{
	return sign > 0 ? value : value == INT64_MIN ? INT64_MAX : -value;
}

void profile_add_values(struct profile_stack *to, const struct profile_stack *from, int sign)
{
	for (int t = 0; t < PROFILE_TYPES; t++) {
		to->value[t] = profile_sum(to->value[t], signed_by(from->value[t], sign));
		to->raw[t] = profile_sum(to->raw[t], signed_by(from->raw[t], sign));
		to->base[t] = profile_sum(to->base[t], sign < 0 ? from->value[t] : from->base[t]);
	}
	for (int i = 0; i < 2; i++) {
		if (sign < 0) {
			to->base_variance[i] += from->variance[i];
		} else {
			to->variance[i] += from->variance[i];
			to->base_variance[i] += from->base_variance[i];
		}
	}
	to->usable = to->usable ? to->usable : from->usable;
}

static void move_lines(struct profile *profile, const struct profile *from,
		       const struct profile_location *old, uint32_t location)
{
	struct profile_line *lines = mem_alloc(old->lines * sizeof *lines);

	for (uint32_t i = 0; i < old->lines; i++) {
		const struct profile_line *line = &from->lines[old->first_line + i];
		lines[i].function = profile_add_function(profile, &from->functions[line->function]);
		lines[i].line = line->line;
	}
	profile_set_lines(profile, location, lines, old->lines);
	free(lines);
}

/* For each location of @from its number in @profile. */
static uint32_t *move_locations(struct profile *profile, const struct profile *from, int sign)
{
	uint32_t *moved = mem_alloc(from->location_count * sizeof *moved);
	uint32_t *mappings = mem_alloc(from->mapping_count * sizeof *mappings);
	const bool same_process = profile_same_process(&profile->about, &from->about);

	for (size_t i = 0; i < from->mapping_count; i++) {
		mappings[i] = same_mapping(profile, &from->mappings[i], same_process);
		profile->mappings[mappings[i]].in_now |= sign > 0;
		profile->mappings[mappings[i]].in_base |= sign < 0;
	}
	for (size_t i = 0; i < from->location_count; i++) {
		const struct profile_location *old = &from->locations[i];
		uint64_t pc = old->pc;
		uint32_t mapping = PROFILE_NONE;
		if (old->mapping != PROFILE_NONE) {
			mapping = mappings[old->mapping];
			pc += profile->mappings[mapping].start - from->mappings[old->mapping].start;
		}
		moved[i] = profile_add_location(profile, pc, mapping);
		if (old->lines && !profile->locations[moved[i]].lines) {
			move_lines(profile, from, old, moved[i]);
		}
	}
	free(mappings);
	return moved;
}

void profile_add_root(struct profile *profile, const char *name)
{
	const struct profile_function function = {.name = name};
	const struct profile_line line = {profile_add_function(profile, &function), 0};
	const uint64_t pc = finder_hash_string(0, name);
	const uint32_t root = profile_add_location(profile, pc, PROFILE_NONE);

	profile_set_lines(profile, root, &line, 1);
	for (size_t i = 0; i < profile->stack_count; i++) {
		struct profile_stack *stack = &profile->stacks[i];
		profile->frames =
			mem_grow(profile->frames, &profile->frame_room,
				 profile->frame_count + stack->depth + 1, sizeof *profile->frames);
		memcpy(profile->frames + profile->frame_count, profile->frames + stack->first_frame,
		       stack->depth * sizeof *profile->frames);
		stack->first_frame = (uint32_t)profile->frame_count;
		profile->frames[stack->first_frame + stack->depth++] = root;
		profile->frame_count += stack->depth;
	}
	finder_clear(&profile->stack_index);
	for (uint32_t i = 0; i < profile->stack_count; i++) {
		const struct profile_stack *stack = &profile->stacks[i];
		finder_put(&profile->stack_index,
			   finder_hash(stack->size, profile->frames + stack->first_frame,
				       stack->depth * sizeof *profile->frames),
			   i);
	}
}

void profile_merge(struct profile *profile, const struct profile *from, int sign)
{
	uint32_t *moved = move_locations(profile, from, sign);
	uint32_t *stack = NULL;
	size_t room = 0;

	for (size_t i = 0; i < from->stack_count; i++) {
		const struct profile_stack *old = &from->stacks[i];
		stack = mem_grow(stack, &room, old->depth + (size_t)1, sizeof *stack);
		for (uint32_t f = 0; f < old->depth; f++) {
			stack[f] = moved[from->frames[old->first_frame + f]];
		}
		const uint32_t number = profile_add_stack(profile, stack, old->depth, old->size);
		profile_add_values(&profile->stacks[number], old, sign);
	}
	free(stack);
	free(moved);
}

struct profile_about profile_copy_about(struct profile *profile, const struct profile_about *from)
{
	struct profile_about copy = *from;

	copy.program = own(profile, from->program);
	copy.version = own(profile, from->version);
	copy.reason = own(profile, from->reason);
	copy.partial = own(profile, from->partial);
	copy.off = own(profile, from->off);
	return copy;
}

int64_t profile_sum(int64_t a, int64_t b)
{
	int64_t sum;

	if (!__builtin_add_overflow(a, b, &sum)) {
		return sum;
	}
	return a < 0 ? INT64_MIN : INT64_MAX;
}

int64_t profile_total(const struct profile *profile, enum profile_type type)
{
	int64_t total = 0;

	for (size_t i = 0; i < profile->stack_count; i++) {
		total = profile_sum(total, profile->stacks[i].value[type]);
	}
	return total;
}

bool profile_type_is_space(enum profile_type type)
{
	return type == PROFILE_ALLOC_SPACE || type == PROFILE_INUSE_SPACE;
}
