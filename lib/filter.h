/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.h - is this block sampled? 'Certainly not' in one load
 *
 * A table of 64 Ki counters of one byte, each standing for the blocks whose address hashes to it:
 * raised when a block enters the live table, lowered when it leaves. free() of a block whose
 * counter is 0 goes straight on. Counters, not bits: with bits an address shared with a block once
 * sampled would pay for the look-up for ever (design measured +38 instructions a free).
 *
 * Invariant: counter(a) >= number of live sampled blocks that hash there, or it is stuck at 255.
 * Counter 0 is stuck from the start: NULL hashes there, and so free(NULL) takes the slow path,
 * where it ends before the real functions need to be known.
 *
 * The hash is one multiplication and one shift of the low 32 bits: consecutive blocks spread, and
 * the fast path of free() stays at six instructions.
 *
 * Where every block is a sample (rate 1) those counters say nothing, and there is a second, wide
 * filter, one counter for each 32 bytes of address, 4 Mi of them: neighbours in memory are
 * neighbours there, so it is in the cache where the program's own memory is. The first filter's
 * counters are then stuck as soon as they are used, and not written again.
 */
#ifndef LEAKTRACK_FILTER_H
#define LEAKTRACK_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "arch.h"

#define FILTER_SLOTS 65536u
#define FILTER_STUCK 255u

extern __attribute__((visibility("hidden"))) uint8_t filter_counts[FILTER_SLOTS];

static inline uint32_t filter_slot(const void *p)
{
	return (uint32_t)(uintptr_t)p * 2654435769u >> 16; /* 2^32 / golden ratio (Knuth) */
}

/* filter_may_hold - false: @p is not sampled. Context: hot.
 * Relaxed: a block reaches another thread's free() only by that program's own ordering. */
static inline bool filter_may_hold(const void *p)
{
	return !arch_is_zero8(&filter_counts[filter_slot(p)]);
}

/* filter_holds - the same, asked of both filters. Context: hot. */
bool filter_holds(const void *p);

/* filter_add - before @p is published in the live table. filter_drop - after it left.
 * Context: hot.
 *
 * filter_expect - have the memory fetched that filter_add(@p) will want.
 *
 * filter_pin - for good, also in children: free(@p) shall always look twice.
 *
 * filter_clear - forget all but those: in a forked child, whose table is new. Context: hot.
 *
 * filter_widen - make the wide filter, where memory can be had; before anything was added.
 * Context: sample. */
void filter_add(const void *p);
void filter_drop(const void *p);
void filter_expect(const void *p);
void filter_pin(const void *p);
void filter_clear(void);
void filter_widen(void);

#endif
