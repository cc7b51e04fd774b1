/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live.h - the live table: sampled block -> its entry, until it is freed
 *
 * Invariants: an address stands in at most one slot, for it enters after the real malloc gave it
 * and leaves before the real free takes it back, so that no two threads speak of one address at a
 * time. A lost allocation is noise; a lost free would be a false leak: a slot is found again for
 * certain, and its removal cannot fail.
 *
 *             | live_add(a) | live_take(a) | live_add(b), live_take(b) | a reader
 *   any call  |  never (the allocator's promise)    |  at once         |  at once
 */
#ifndef LEAKTRACK_LIVE_H
#define LEAKTRACK_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "layout.h"

/* live_add - remember a sampled block until it is freed
 * @addr  as the real malloc gave it; not NULL
 * @entry from stacks_intern()
 * @old   the entry of a block that stood at @addr already (freed by code that we do not see), now
 *        replaced; STACKS_NONE otherwise
 * Returns false when the table is full; the caller counts it in counts.lost_live and goes on.
 * Context: sample; lock-free.  KILLED midway: the block is there or it is not. */
bool live_add(struct layout_header *h, uintptr_t addr, uint32_t entry, uint32_t *old);

/* live_expect - have the memory fetched that live_add(@addr) will want. Context: hot. */
void live_expect(struct layout_header *h, uintptr_t addr);

/* live_take - forget a block that is about to be freed. False: it was not there.
 * Context: sample; bounded by two lines a level. */
bool live_take(struct layout_header *h, uintptr_t addr, uint32_t *entry);

#endif
