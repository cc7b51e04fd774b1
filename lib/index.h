/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index.h - find a record of an insert-only table by its hash
 *
 * Open addressing over 64-bit slots, each (hash << 32 | record) or 0, linear probing, no removal.
 * The records themselves (stacks.c) lie densely in their own region and never move; an index may be
 * thrown away and made anew, so it doubles by copying while others go on in the old one.
 *
 *             | index_find | index_add | index_add that grows
 *   index_find|  at once   |  at once  |  at once: finds in either; may miss what was just added
 *   index_add |            |  at once  |  at once: may end in the old index only
 * What is missed is added once more by its caller: the table then holds one key twice, and readers
 * add the two up. Numbers stay right; only a line is split.
 *
 * Progress: find is bounded by the probe limit; add is lock-free, and does not wait for a grower
 * (which may be the very thread that we interrupted).
 */
#ifndef LEAKTRACK_INDEX_H
#define LEAKTRACK_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "layout.h"

#define INDEX_NONE UINT32_MAX

/* Is @record the one that @key means? Called for equal hashes only. */
typedef bool index_match(struct layout_header *h, uint32_t record, const void *key);

/* index_find - the record, or INDEX_NONE. Context: sample. */
uint32_t index_find(struct layout_header *h, enum layout_region which, uint32_t hash,
		    index_match *match, const void *key);

/* index_add - enter @record, whose contents are final
 * Returns @record; or an equal record that somebody entered before; or INDEX_NONE where there is no
 * more room. Context: sample. */
uint32_t index_add(struct layout_header *h, enum layout_region which, uint32_t hash,
		   uint32_t record, index_match *match, const void *key);

#endif
