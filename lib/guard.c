/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.c - is the sample that `busy` stands for still going on?
 *
 * Handlers run on the stack that they interrupt, or on a signal stack. So who is on the thread's
 * own stack while the guard is not, was not called from there; on a stack that nobody told us of it
 * may be a handler, and only that the same guard is met again and again speaks against it.
 */
#include "guard.h"

#include "scratch.h"

#define HELD_MOST  64u /* samples lost in a row, before a guard is taken for one that was left */
#define HELD_SLOTS 8u

enum state {
	GONE, /* it was jumped out of */
	HELD, /* it goes on, below the handler that we are in */
	LEFT, /* it was jumped out of, or left for another stack */
};

static struct {
	struct {
		uintptr_t busy; /* of the thread that lost the last one here */
		uint32_t times;
	} held[HELD_SLOTS]; /* by the threads' numbers; each a hint */
} self;

/* On the thread's own stack, and not on a signal stack that lies in it. */
static bool is_on_stack(const struct thread *t, uintptr_t frame)
{
	return frame - t->stack_lo < t->stack_hi - t->stack_lo &&
	       !(frame - t->alt_lo < t->alt_hi - t->alt_lo);
}

/* The same guard, again and again. */
static bool is_held_long(const struct thread *t)
{
	uintptr_t *busy = &self.held[t->number % HELD_SLOTS].busy;
	uint32_t *times = &self.held[t->number % HELD_SLOTS].times;

	/* Relaxed: where threads share a slot, one waits longer. */
	if (atomic_load_relaxed(busy) != t->busy) {
		atomic_store_relaxed(busy, t->busy);
		atomic_store_relaxed(times, 0u);
	}
	return atomic_add_relaxed(times, 1u) >= HELD_MOST;
}

static enum state state_of(const struct thread *t, uintptr_t frame)
{
	if (!is_on_stack(t, frame)) {
		return is_held_long(t) ? LEFT : HELD;
	}
	if (!is_on_stack(t, t->busy)) {
		return LEFT;
	}
	return frame < t->busy ? HELD : GONE;
}

bool guard_passes(const struct thread *t, uintptr_t frame)
{
	switch (state_of(t, frame)) {
	case GONE:
		scratch_recover();
		return true;
	case LEFT:
		return scratch_leave();
	default:
		return false;
	}
}
