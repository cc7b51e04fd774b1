/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a function's tree of inlined calls, and flattening it.
 *
 * All ranges are collected with the depth of their scope, sorted by start, outer before inner,
 * and swept once with a stack of open ranges. At each start and end the innermost open range is
 * written down as a segment. An inner range that outlasts its outer one is cut. */
#include "name_scopes.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define LEVELS_MOST 256

struct range {
	uint64_t low, high;
	uint32_t scope, depth;
};

struct reading {
	struct name_scopes *out;
	struct range *ranges;
	size_t range_count, range_room, scope_room, segment_room;
};

static void add_ranges(struct reading *reading, Dwarf_Die *die, uint32_t scope, uint32_t depth)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(die, at, &base, &low, &high)) > 0) {
		if (low >= high) {
			continue;
		}
		reading->ranges = mem_grow(reading->ranges, &reading->range_room,
					   reading->range_count + 1, sizeof(*reading->ranges));
		reading->ranges[reading->range_count++] = (struct range){low, high, scope, depth};
	}
}

static unsigned number_of(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value;

	if (!dwarf_attr(die, name, &attribute) || dwarf_formudata(&attribute, &value) ||
	    value > UINT32_MAX) {
		return 0;
	}
	return (unsigned)value;
}

static uint32_t add_scope(struct reading *reading, Dwarf_Die *die, uint32_t parent)
{
	struct name_scopes *out = reading->out;
	struct name_scope *scope;

	out->scopes = mem_grow(out->scopes, &reading->scope_room, out->scope_count + 1,
			       sizeof(*out->scopes));
	scope = &out->scopes[out->scope_count];
	memset(scope, 0, sizeof(*scope));
	scope->die = *die;
	scope->parent = parent;
	if (parent != NAME_SCOPE_NONE) {
		scope->call_file = number_of(die, DW_AT_call_file);
		scope->call_line = number_of(die, DW_AT_call_line);
	}
	return (uint32_t)out->scope_count++;
}

/* One level of the walk: the DIE that it stands at, and the scope around. */
struct level {
	Dwarf_Die die;
	uint32_t scope;
};

static bool has_scopes_inside(int tag)
{
	return tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block ||
	       tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
}

static void walk(struct reading *reading, Dwarf_Die *function)
{
	struct level *levels = mem_zero(LEVELS_MOST, sizeof(*levels));
	size_t depth = 0;
	bool down = !dwarf_child(function, &levels[0].die);

	levels[0].scope = 0;
	while (down) {
		struct level *level = &levels[depth];
		int tag = dwarf_tag(&level->die);
		uint32_t inside = level->scope;

		if (tag == DW_TAG_inlined_subroutine) {
			inside = add_scope(reading, &level->die, level->scope);
			add_ranges(reading, &level->die, inside, (uint32_t)depth + 1);
		}
		if (has_scopes_inside(tag) && depth + 1 < LEVELS_MOST &&
		    !dwarf_child(&level->die, &levels[depth + 1].die)) {
			levels[++depth].scope = inside;
			continue;
		}
		while (dwarf_siblingof(&levels[depth].die, &levels[depth].die)) {
			if (!depth--) {
				free(levels);
				return;
			}
		}
	}
	free(levels);
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range *left = a, *right = b;

	if (left->low != right->low) {
		return left->low < right->low ? -1 : 1;
	}
	return left->depth < right->depth ? -1 : left->depth > right->depth;
}

static void add_segment(struct reading *reading, uint64_t start, uint32_t scope)
{
	struct name_scopes *out = reading->out;
	struct name_segment *last =
		out->segment_count ? &out->segments[out->segment_count - 1] : NULL;

	if (last && last->start == start) {
		last->scope = scope;
		return;
	}
	if (last && last->scope == scope) {
		return;
	}
	out->segments = mem_grow(out->segments, &reading->segment_room, out->segment_count + 1,
				 sizeof(*out->segments));
	out->segments[out->segment_count++] = (struct name_segment){start, scope};
}

/* close_until - end the open ranges that end at or before an address */
static void close_until(struct reading *reading, struct range *open, size_t *count, uint64_t vaddr)
{
	while (*count && open[*count - 1].high <= vaddr) {
		uint64_t end = open[*count - 1].high;

		--*count;
		add_segment(reading, end, *count ? open[*count - 1].scope : NAME_SCOPE_NONE);
	}
}

static void flatten(struct reading *reading)
{
	struct range *open = mem_zero(reading->range_count, sizeof(*open));
	size_t count = 0, i;

	qsort(reading->ranges, reading->range_count, sizeof(*reading->ranges), compare_ranges);
	for (i = 0; i < reading->range_count; i++) {
		struct range range = reading->ranges[i];

		close_until(reading, open, &count, range.low);
		if (!count && range.depth) {
			continue; /* outside of the function */
		}
		if (count && range.high > open[count - 1].high) {
			range.high = open[count - 1].high;
		}
		open[count++] = range;
		add_segment(reading, range.low, range.scope);
	}
	close_until(reading, open, &count, UINT64_MAX);
	free(open);
}

void name_scopes_read(struct name_scopes *scopes, Dwarf_Die *function)
{
	struct reading reading = {.out = scopes};

	memset(scopes, 0, sizeof(*scopes));
	add_scope(&reading, function, NAME_SCOPE_NONE);
	add_ranges(&reading, function, 0, 0);
	walk(&reading, function);
	if (reading.range_count) {
		flatten(&reading);
	}
	free(reading.ranges);
}

void name_scopes_free(struct name_scopes *scopes)
{
	free(scopes->scopes);
	free(scopes->segments);
	memset(scopes, 0, sizeof(*scopes));
}

uint32_t name_scopes_at(const struct name_scopes *scopes, uint64_t vaddr)
{
	size_t low = 0, high = scopes->segment_count;

	if (!high || vaddr < scopes->segments[0].start) {
		return NAME_SCOPE_NONE;
	}
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (scopes->segments[middle].start <= vaddr) {
			low = middle;
		} else {
			high = middle;
		}
	}
	return scopes->segments[low].scope;
}
