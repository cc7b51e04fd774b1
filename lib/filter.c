/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.c - the counters of filter.h
 *
 * In .data, not .bss: counter 0 must be stuck from the first instruction on.
 */
#include "filter.h"

#include "atomics.h"

uint8_t filter_counts[FILTER_SLOTS] = {[0] = FILTER_STUCK};

/* A counter that has reached FILTER_STUCK stays there: slower frees for one in 64 Ki addresses,
 * never a lost one. */
static void step(const void *p, int by)
{
	uint8_t *count = &filter_counts[filter_slot(p)];
	uint8_t old = atomic_load_relaxed(count);

	while (old != FILTER_STUCK && !atomic_cas_relaxed(count, old, (uint8_t)(old + by))) {
		old = atomic_load_relaxed(count);
	}
}

void filter_add(const void *p)
{
	step(p, 1);
}

void filter_drop(const void *p)
{
	step(p, -1);
}

void filter_pin(const void *p)
{
	atomic_store_relaxed(&filter_counts[filter_slot(p)], (uint8_t)FILTER_STUCK);
}

void filter_clear(void)
{
	for (uint32_t i = 0; i < FILTER_SLOTS; i++) {
		if (filter_counts[i] != 0 && filter_counts[i] != FILTER_STUCK) {
			filter_counts[i] = 0;
		}
	}
}
