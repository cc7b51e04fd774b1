/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread.h - what we keep for each thread
 *
 * One TLS struct of 64 bytes, initial-exec: reading it is one instruction, needs no call and no
 * memory, and is right from the first instruction of a thread on, for all of it starts as zero.
 * Only the thread itself and its own signal handlers read and write it. A handler may come between
 * any two instructions, so each field stands alone: none needs another to be right.
 *
 * One more variable than the house allows (static state of a module): the malloc path is a few
 * instructions and reads it directly.
 */
#ifndef LEAKTRACK_THREAD_H
#define LEAKTRACK_THREAD_H

#include <stdint.h>

#define THREAD_FAR (1ull << 62) /* a countdown that never ends */

struct thread {
	uint64_t
		countdown; /* bytes until the next sample; 0 in a new thread: the slow path draws */
	uint64_t random;   /* state of the generator; 0: not seeded yet */
	uintptr_t busy;	   /* the frame that is inside the sampler; 0: none */
	uintptr_t stack_lo, stack_hi; /* this thread's stack (spans.c); 0: not known */
	uintptr_t alt_lo, alt_hi;     /* its alternate signal stack; 0: none known */
	uint32_t epoch;		      /* the rate that countdown was drawn at */
	uint16_t ours;		      /* 1: what it allocates now is ours (thread_begin_ours()) */
	uint16_t number;	      /* 0, 1, …: in the order of their first samples */
};

_Static_assert(sizeof(struct thread) == 64, "it must fit into spare static TLS");

extern __attribute__((visibility("hidden"),
		      tls_model("initial-exec"))) _Thread_local struct thread thread_state;

/* thread_self - never NULL. Context: hot. */
static inline struct thread *thread_self(void)
{
	return &thread_state;
}

/* thread_begin_ours - from here on libc and the loader allocate on our behalf
 * What they are given comes from the arena (real.h), not from the heap: a host that keeps books of
 * its heap, by mallinfo2() or sbrk(), must not find our library's loading there. The countdown
 * stands at its end meanwhile, so that each allocation takes the slow path. Returns the countdown,
 * for thread_end_ours(). Not nested; a handler that comes between is given such blocks, too.
 * Context: sample. */
static inline uint64_t thread_begin_ours(void)
{
	uint64_t left = thread_state.countdown;

	thread_state.ours = 1;
	thread_state.countdown = 0;
	return left;
}

static inline void thread_end_ours(uint64_t left)
{
	thread_state.countdown = left;
	thread_state.ours = 0;
}

#endif
