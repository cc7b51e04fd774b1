/* SPDX-License-Identifier: Apache-2.0 */
/* Sorted ranges, searched from the last one that starts at or before an address backwards. */
#include "name_spans.h"

#include <stdlib.h>

#include "mem.h"

static int compare_spans(const void *a, const void *b)
{
	const struct name_span *left = a, *right = b;

	if (left->low != right->low) {
		return left->low < right->low ? -1 : 1;
	}
	if (left->high != right->high) {
		return left->high > right->high ? -1 : 1;
	}
	return left->owner < right->owner ? -1 : left->owner > right->owner;
}

void name_spans_sort(struct name_spans *spans)
{
	uint64_t reach = 0;
	size_t i;

	if (spans->count) {
		qsort(spans->list, spans->count, sizeof(*spans->list), compare_spans);
	}
	for (i = 0; i < spans->count; i++) {
		reach = spans->list[i].high > reach ? spans->list[i].high : reach;
		spans->list[i].reach = reach;
	}
}

bool name_spans_at(const struct name_spans *spans, uint64_t vaddr, uint32_t *owner)
{
	size_t low = 0, high = spans->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (spans->list[middle].low <= vaddr) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	while (low-- > 0 && spans->list[low].reach > vaddr) {
		if (vaddr < spans->list[low].high) {
			*owner = spans->list[low].owner;
			return true;
		}
	}
	return false;
}

static bool is_code(const struct elf_image *code, uint64_t low, uint64_t high)
{
	size_t i;

	for (i = 0; i < code->segment_count; i++) {
		const struct elf_segment *segment = &code->segments[i];

		if (segment->executable && low >= segment->vaddr &&
		    high - segment->vaddr <= segment->memory_size) {
			return true;
		}
	}
	return false;
}

bool name_spans_add(struct name_spans *spans, const struct elf_image *code, Dwarf_Die *die,
		    uint32_t owner)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t at = 0;
	bool any = false;

	while ((at = dwarf_ranges(die, at, &base, &low, &high)) > 0) {
		if (low >= high || !is_code(code, low, high)) {
			continue;
		}
		spans->list =
			mem_grow(spans->list, &spans->room, spans->count + 1, sizeof(*spans->list));
		spans->list[spans->count++] = (struct name_span){low, high, 0, owner};
		any = true;
	}
	return any;
}
