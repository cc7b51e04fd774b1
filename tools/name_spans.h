/* SPDX-License-Identifier: Apache-2.0 */
/* name_spans - address ranges and whose they are: units of a file, functions of a unit
 *
 * Sorted by low; where some overlap, the one that starts last wins. Ranges of code that the linker
 * threw away start at 0 or at the top of the address space; ranges that do not lie in the file's
 * executable segments are not taken in, which covers both. */
#ifndef LEAKTRACK_TOOLS_NAME_SPANS_H
#define LEAKTRACK_TOOLS_NAME_SPANS_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf_image.h"

struct name_span {
	uint64_t low, high;
	uint64_t reach; /* the highest end up to here: tells when to stop looking back */
	uint32_t owner;
};

/* Zeroed, it is empty; .list is freed by the owner. */
struct name_spans {
	struct name_span *list;
	size_t count, room;
};

/* name_spans_add - all ranges of a DIE that lie in the file's code; false: it has none */
bool name_spans_add(struct name_spans *spans, const struct elf_image *code, Dwarf_Die *die,
		    uint32_t owner);

/* name_spans_sort - to be called once, after the last one was added */
void name_spans_sort(struct name_spans *spans);

/* name_spans_at - the owner of an address; false: nobody's */
bool name_spans_at(const struct name_spans *spans, uint64_t vaddr, uint32_t *owner);

#endif
