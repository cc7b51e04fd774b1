/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ready.h - safe points: when the costly things are made
 *
 * The state file is wanted at the first sample, but a sample may be taken anywhere, also while
 * other threads count their descriptors. And most programs never take one, so the constructor is no
 * place either. Safe are
 *
 * - the first sample, while the process has one thread: nothing is asked of the loader, which may
 *   be in the middle of a dlopen;
 * - the first pthread_create or thrd_create (thread_start.c): its caller is still single-threaded;
 * - the moment before a host closes a seccomp sandbox around itself, interposed too: everything is
 *   made ready, and from then on no system call.
 *
 * Samples that come before a safe point are lost, and counted. Where there is none, for the threads
 * came past us (libc's own for timers, a library's that is bound to libc alone), the 64th that
 * would be lost is one.
 */
#ifndef LEAKTRACK_READY_H
#define LEAKTRACK_READY_H

#include <stdbool.h>

#include "layout.h"

/* ready_start - what is cheap and wanted from the first sample on. Context: start. */
void ready_start(void);

/* ready_try - is everything made? If not, and this is a safe point, make it.
 * Returns false when it is not; one relaxed load when it is. Context: sample. */
bool ready_try(void);

/* ready_make - make everything; the caller knows that it is safe. Context: sample. */
bool ready_make(void);

/* ready_enter - this process's state, as state_enter(); a forked child that gets its own here has
 * also forgotten what threads that it does not have were at. NULL when there is none, and in a
 * child of vfork where the parent has none. Context: sample. */
struct layout_header *ready_enter(void);

/* ready_is_wanted - is there anything to be ready for? Not where we are off, nor where the program
 * calls a malloc of its own. Context: start. */
bool ready_is_wanted(void);

#endif
