/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scratch.c - room for one stack's addresses
 *
 * Zero memory that is touched buffer by buffer: a process pays for as many as its threads ever used
 * at the same time. Threads begin to look at different places, so that they do not meet.
 *
 * A buffer bears the address of its owner's TLS. Another thread that has the same is a later one,
 * in the place of the first: what stands under it was left behind, and is its own.
 */
#include "scratch.h"

#include <stddef.h>

#include "arch.h"
#include "atomics.h"
#include "thread.h"

#define BUFFERS	  32u
#define LEFT_MOST 8u

static ARCH_LARGE _Alignas(64) struct scratch buffers[BUFFERS];

static uintptr_t me(void)
{
	return (uintptr_t)thread_self();
}

struct scratch *scratch_take(void)
{
	unsigned first = thread_self()->number;

	for (unsigned i = 0; i < BUFFERS; i++) {
		struct scratch *s = &buffers[(first + i) % BUFFERS];
		uintptr_t owner = atomic_load_relaxed(&s->owner);

		if (owner == me() || /* it is as we, or who was here before us, left it */
		    (owner == 0 &&
		     atomic_cas_acquire(&s->owner, 0, me()))) { /* PAIR scratch: scratch_give() */
			return s;
		}
	}
	return NULL;
}

void scratch_give(struct scratch *scratch)
{
	atomic_store_release(&scratch->owner, 0); /* PAIR scratch: scratch_take() */
}

void scratch_recover(void)
{
	for (unsigned i = 0; i < BUFFERS; i++) {
		if (atomic_load_relaxed(&buffers[i].owner) == me()) {
			scratch_give(&buffers[i]);
		}
	}
}

bool scratch_leave(void)
{
	unsigned left = 0;

	for (unsigned i = 0; i < BUFFERS; i++) {
		left += atomic_load_relaxed(&buffers[i].owner) & 1; /* a count, about right */
	}
	for (unsigned i = 0; i < BUFFERS && left < LEFT_MOST; i++) {
		if (atomic_load_relaxed(&buffers[i].owner) == me()) { /* nobody else writes it */
			atomic_store_relaxed(&buffers[i].owner, me() | 1);
		}
	}
	return left < LEFT_MOST;
}

void scratch_fork_child(void)
{
	for (unsigned i = 0; i < BUFFERS; i++) {
		uintptr_t owner = atomic_load_relaxed(&buffers[i].owner);

		if (owner != 0 && (owner & -2ul) != me()) {
			scratch_give(&buffers[i]);
		}
	}
}
