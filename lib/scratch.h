/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scratch.h - room for one stack's addresses, without using the stack itself
 *
 * A sample may be taken on a coroutine's 16 KiB or on a signal stack: 4 KiB of addresses have no
 * place there. So a few buffers are shared by all threads; who finds none does without its sample.
 */
#ifndef LEAKTRACK_SCRATCH_H
#define LEAKTRACK_SCRATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "memo.h"
#include "unwind.h"

struct scratch {
	_Alignas(64) uintptr_t owner; /* by CAS; 0: free; + 1: left; PAIR scratch */
	uintptr_t pcs[UNWIND_DEPTH_MAX + 3];
	struct memo memo; /* of the last walk that was made here, most often by the same thread */
};

/* scratch_take - a buffer for the calling thread, or NULL. scratch_give - give it back.
 * A thread has one at a time: one that takes another was jumped out of (longjmp out of a handler
 * that interrupted a sample), or is in the place of one that died in a sample. It may be given the
 * old one. Context: sample; bounded. */
struct scratch *scratch_take(void);
void scratch_give(struct scratch *scratch);

/* scratch_recover - give back what the calling thread took, and did not give for it was jumped out
 * of. Context: sample; bounded. */
void scratch_recover(void);

/* scratch_leave - the calling thread leaves what it took to a sample that may go on one day, and
 * may take another. That sample gives it back; if it was jumped out of, nobody does. Returns false
 * when too many were left already: then there is nothing to be taken. Context: sample; bounded. */
bool scratch_leave(void);

/* scratch_fork_child - threads that the child does not have hold nothing. Context: sample, in a
 * forked child before its first sample. */
void scratch_fork_child(void);

#endif
