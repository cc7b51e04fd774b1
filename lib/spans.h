/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spans.h - memory that is known to be a live stack
 *
 * A span is [lo, hi): every byte of it is mapped and readable, and belongs to one stack that the
 * calling thread has frames on. A walk reads stack words inside spans only.
 *
 * Where a span comes from: the loader for the main thread, the thread's own descriptor for threads
 * (spans_thread_start), sigaltstack() as the host called it, Go's g for a goroutine's stack, and
 * for stacks that nobody told us of (coroutines, clone) one system call that tries the pages.
 *
 * It does not find stacks of other threads.
 */
#ifndef LEAKTRACK_SPANS_H
#define LEAKTRACK_SPANS_H

#include <stdbool.h>
#include <stdint.h>

struct span {
	uintptr_t lo, hi;
};

/* spans_start - the main thread's stack. Call it in the constructor; in another thread than the
 * main one it does what spans_thread_start() does.
 * Context: start. */
void spans_start(void);

/* spans_thread_start - the calling thread's stack. To be called first in a new thread, outside of
 * malloc: the first call asks pthread_getattr_np, which allocates; later ones are a few loads.
 * Context: start. */
void spans_thread_start(void);

/* spans_of - the known stack of the calling thread that holds @sp
 * Returns false when none of them does.
 * Context: sample. No system call. */
bool spans_of(uintptr_t sp, struct span *span);

/* spans_is_first - whether nothing can be above @sp but what the kernel put there: the frame is the
 * one that the process began with (the loader's, while it runs constructors).
 * Context: sample. */
bool spans_is_first(uintptr_t sp);

/* spans_probe - how much is readable from @sp on, up to 64 KiB, by one system call
 * Returns false when nothing is, or no system call may be made.
 * Context: sample. */
bool spans_probe(uintptr_t sp, struct span *span);

/* spans_of_g - a goroutine's stack, from the g that the Go runtime left in a frame of ours
 * The first time that a page is seen to hold a g, one system call proves that it can be read (Go
 * never returns such pages); in a sandbox, where it may not be made, the answer then is no.
 * Returns false when @g is none.
 * Context: sample. */
bool spans_of_g(uintptr_t g, struct span *span);

#endif
