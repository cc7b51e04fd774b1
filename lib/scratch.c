/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scratch.c - room for one stack's addresses
 *
 * Zero memory that is touched buffer by buffer: a process pays for as many as its threads ever used
 * at the same time. Threads begin to look at different places, so that they do not meet.
 */
#include "scratch.h"

#include <stddef.h>

#include "arch.h"
#include "atomics.h"
#include "thread.h"

#define BUFFERS 32u

static ARCH_LARGE _Alignas(64) struct scratch buffers[BUFFERS];

struct scratch *scratch_take(void)
{
	unsigned first = thread_self()->number;

	for (unsigned i = 0; i < BUFFERS; i++) {
		struct scratch *s = &buffers[(first + i) % BUFFERS];

		if (atomic_load_relaxed(&s->taken) == 0 &&
		    atomic_cas_acquire(&s->taken, 0, 1)) { /* PAIR scratch: scratch_give() */
			return s;
		}
	}
	return NULL;
}

void scratch_give(struct scratch *scratch)
{
	atomic_store_release(&scratch->taken, 0); /* PAIR scratch: scratch_take() */
}

void scratch_fork_child(void)
{
	for (unsigned i = 0; i < BUFFERS; i++) {
		if (buffers[i].taken != 0) {
			scratch_give(&buffers[i]);
		}
	}
}
