/* SPDX-License-Identifier: Apache-2.0 */
/*
 * borrow.h - is this memory our own, or does another process run in it too?
 *
 * The child of vfork, or of clone with CLONE_VM and without CLONE_THREAD, runs in its parent's
 * memory with a PID and, mostly, signal actions of its own. What it does to our state it does to
 * the parent's: it may not make anything there, nor note down an action that only the child has.
 * A forked child has a copy and may.
 */
#ifndef LEAKTRACK_BORROW_H
#define LEAKTRACK_BORROW_H

#include <stdbool.h>

/* borrow_start - note whose memory it is. Context: start. */
void borrow_start(void);

/* borrow_is_guest - does the calling process run in another one's memory? One to three system
 * calls. Before borrow_start() and in a sandbox nobody can tell, and the answer is no. Context:
 * sample. */
bool borrow_is_guest(void);

#endif
