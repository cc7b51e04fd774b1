/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.h - one sample of a thread at a time
 *
 * `busy` (thread.h) holds the address of the frame that is inside. A handler that interrupts it
 * finds it above its own frame and keeps out. A handler that jumps out of a sample (siglongjmp)
 * leaves it set: the next one, higher up on the same stack, sees that this frame is gone and takes
 * over. Of a frame on another stack nobody can tell whether it is gone, or only left for a while (a
 * handler that switches coroutines): the next one leaves it its buffer (scratch.h) and samples with
 * another, so that both are right; the tables take samples of handlers as they take those of other
 * threads.
 */
#ifndef LEAKTRACK_GUARD_H
#define LEAKTRACK_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "atomics.h"
#include "thread.h"

/* guard_passes - where `busy` is set: may the sample of @frame begin all the same? Context: sample.
 */
bool guard_passes(const struct thread *t, uintptr_t frame);

/* guard_take - begin a sample, of the function whose frame is at @frame
 * Returns false when one goes on already: keep out. Context: sample. */
static inline bool guard_take(struct thread *t, uintptr_t frame)
{
	if (__builtin_expect(t->busy != 0, 0) && !guard_passes(t, frame)) {
		return false;
	}
	t->busy = frame;
	atomic_signal_barrier();
	return true;
}

/* guard_give - it has ended. Context: sample. */
static inline void guard_give(struct thread *t)
{
	atomic_signal_barrier();
	t->busy = 0;
}

#endif
