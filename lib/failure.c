/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failure.c - what must not go wrong inside of us, and when that is enough
 *
 * Counters that threads add to at once may be one more or less than they should be where one of
 * them ends a row at that moment: it is a limit, not an account.
 */
#include "failure.h"

#include <stddef.h>
#include <time.h>

#include "atomics.h"
#include "real.h"
#include "state.h"

struct limit {
	uint32_t times;	  /* in a row */
	uint32_t seconds; /* that the row lasts, at least */
};

static const struct limit limits[LAYOUT_OFF_REASONS] = {
	[LAYOUT_OFF_RULE] = {.times = 1},
	[LAYOUT_OFF_TABLE] = {.times = 1},
	[LAYOUT_OFF_UNWIND] = {.times = 64, .seconds = 10},
	[LAYOUT_OFF_SCRATCH] = {.times = 64, .seconds = 10},
	[LAYOUT_OFF_STATE] = {.times = 3},
};

static struct {
	uint32_t off; /* enum layout_off; the first reason stays */
	uint64_t count;
	struct {
		uint32_t times;
		uint32_t since; /* second of the first */
	} rows[LAYOUT_OFF_REASONS];
} self;

/* It asks the vdso: no system call. */
static uint32_t second_now(void)
{
	struct timespec now;

	if (real.clock_gettime == NULL || real.clock_gettime(CLOCK_MONOTONIC_COARSE, &now) != 0) {
		return 0;
	}
	return (uint32_t)now.tv_sec;
}

void failure_note(enum layout_off what)
{
	struct layout_header *h = state_look();
	uint32_t second = second_now();
	uint32_t times = atomic_add_relaxed(&self.rows[what].times, 1) + 1;

	if (times == 1) {
		atomic_store_relaxed(&self.rows[what].since, second);
	}
	atomic_add_relaxed(&self.count, 1);
	if (times >= limits[what].times &&
	    second - atomic_load_relaxed(&self.rows[what].since) >= limits[what].seconds) {
		(void)atomic_cas_relaxed(&self.off, LAYOUT_OFF_NOT, (uint32_t)what);
	}
	if (h != NULL) {
		failure_tell(h);
	}
}

void failure_passed(enum layout_off what)
{
	if (atomic_load_relaxed(&self.rows[what].times) != 0) {
		atomic_store_relaxed(&self.rows[what].times, 0);
	}
}

enum layout_off failure_off(void)
{
	return (enum layout_off)atomic_load_relaxed(&self.off);
}

void failure_tell(struct layout_header *h)
{
	atomic_store_relaxed(&h->off, atomic_load_relaxed(&self.off));
	atomic_store_relaxed(&h->counts.failures, atomic_load_relaxed(&self.count));
}
