/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scratch.h - room for one stack's addresses, without using the stack itself
 *
 * A sample may be taken on a coroutine's 16 KiB or on a signal stack: 4 KiB of addresses have no
 * place there. So a few buffers are shared by all threads; who finds none does without its sample.
 */
#ifndef LEAKTRACK_SCRATCH_H
#define LEAKTRACK_SCRATCH_H

#include <stdint.h>

#include "memo.h"
#include "unwind.h"

struct scratch {
	_Alignas(64) uint32_t taken; /* by CAS; PAIR scratch */
	uint32_t pad;
	uintptr_t pcs[UNWIND_DEPTH_MAX + 3];
	struct memo memo; /* of the last walk that was made here, most often by the same thread */
};

/* scratch_take - a buffer for the calling thread, or NULL. scratch_give - give it back.
 * Context: sample; bounded. A thread that never returns (longjmp out of a handler that interrupted
 * a sample) keeps its buffer. */
struct scratch *scratch_take(void);
void scratch_give(struct scratch *scratch);

/* scratch_fork_child - threads that the child does not have hold nothing. Context: sample, in a
 * forked child before its first sample. */
void scratch_fork_child(void);

#endif
