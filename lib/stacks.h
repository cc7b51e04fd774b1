/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stacks.h - the stack table: intern (stack, size, epoch), count
 *
 * A set of frames is stored once, compressed, and shared by all the block sizes that it asks for;
 * an entry is one (frames, size, epoch) with two counters. Keeping the size in the key makes every
 * estimate unbiased for each size before sizes are summed, and makes pprof's own scaling, which
 * divides by the mean size of a line, exact.
 *
 * Entries are never removed. All calls may run at once with all others.
 */
#ifndef LEAKTRACK_STACKS_H
#define LEAKTRACK_STACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"

#define STACKS_NONE   UINT32_MAX
#define STACKS_SHARDS 8u

struct stacks_key {
	const uintptr_t *pcs; /* innermost first */
	size_t n;	      /* 1 to UNWIND_DEPTH_MAX + 1 */
	uint64_t size;	      /* of one block; not 0 */
	uint32_t epoch;
	uint32_t shard; /* of the thread, below STACKS_SHARDS: which of a hot key's entries */
};

/* stacks_intern - the entry of a key, made if it is new
 * @slack   usable size less size, kept when the entry is new
 * @is_new  set where the frames are new: the caller records their modules
 * Returns STACKS_NONE when there is no room. Context: sample; lock-free. */
uint32_t stacks_intern(struct layout_header *h, const struct stacks_key *key, uint64_t slack,
		       bool *is_new);

/* stacks_alloc - count a sample taken. stacks_free - count a sample freed.
 * Context: sample; wait-free. */
void stacks_alloc(struct layout_header *h, uint32_t entry);
void stacks_free(struct layout_header *h, uint32_t entry);

#endif
