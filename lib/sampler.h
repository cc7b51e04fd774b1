/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sampler.h - which allocations are sampled, and what a sampled one and its free do
 *
 * Each thread counts bytes down from a gap drawn at random; the allocation that crosses zero is a
 * candidate (poisson.h). The shim counts; everything here happens once in `rate` bytes, but for
 * rate 1, where it happens each time.
 *
 * While a thread is inside (thread->busy), allocations of handlers that interrupt it pass
 * unsampled and are counted as lost. Frees never are: sampler_take() works at any time.
 * errno is left as found by all functions.
 */
#ifndef LEAKTRACK_SAMPLER_H
#define LEAKTRACK_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "live.h"
#include "unwind.h"

/* sampler_start - read the settings and begin, unless that is done; false while it is too early
 * Context: start, or the first allocation of the process. */
bool sampler_start(void);

/* sampler_alloc - after the fast path found the countdown too small for size + 1, and charged it
 * @p     what the real function gave; NULL: it failed, nothing is recorded
 * @regs  the caller of malloc
 * Context: sample: here a thread enters it, and `busy` is the guard. */
void sampler_alloc(void *p, size_t size, const struct unwind_regs *regs);

/* sampler_take - @p is about to be freed or moved: forget it. False: it was not sampled.
 * sampler_freed - the block that was taken is gone: count its free.
 * sampler_put_back - realloc failed, the block is still there.
 * Context: sample. */
bool sampler_take(const void *p, uint32_t *entry);
void sampler_freed(uint32_t entry);
void sampler_put_back(const void *p, uint32_t entry);

/* sampler_pause - record no new blocks until further notice; frees still count.
 * sampler_resume - further notice.
 * sampler_set_rate - of new samples, in bytes, at least 1. Returns 0 or -errno: EINVAL, EAGAIN
 * (too early), ENOSPC (changed too often, LAYOUT_EPOCHS), EPERM (switched off, failure.h). In other
 * threads it holds from their next sample on. Context: dump. */
void sampler_pause(void);
void sampler_resume(void);
int sampler_set_rate(uint64_t rate);

#endif
