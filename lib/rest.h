/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rest.h - what a system call that our signal cut short has still to do
 *
 * A write that a handler interrupts gives what it had written by then; so do send, sendfile,
 * getrandom, a recv that is to wait for all, and a read of /dev/urandom. A call on a socket that
 * has a time-out gives EINTR where others are restarted. The interrupted context is sent through a
 * few instructions of ours (ARCH_REST) that make the call for what is left, add what was done
 * before, and go back to libc with the registers that it had.
 *
 * The record of that lies on the host's stack below the red zone, where the instructions find it;
 * a handler of ours that comes upon them sets them on again, and any other ends them, as it would
 * have ended the host's own call.
 *
 * - How long a call with a time-out had waited is not known when it is first interrupted: the
 *   time-out comes late, by what had passed before, and never early.
 * - Left cut: vectors of more than REST_VECTOR parts, and what may give less at any time: a read of
 *   a pipe, splice.
 */
#ifndef LEAKTRACK_REST_H
#define LEAKTRACK_REST_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#define REST_VECTOR 8u

/* rest_is_due - the context stands behind a call @nr of libc's: has it given less than was asked
 * for, or EINTR because its socket has a time-out? Context: dump. */
bool rest_is_due(const ucontext_t *uc, long nr);

/* rest_begin - have the context make the rest of that call. Context: dump. */
void rest_begin(ucontext_t *uc, long nr);

/* rest_is_at - does the context stand at, or behind, the call that rest_begin() has it make?
 * Context: dump. */
bool rest_is_at(const ucontext_t *uc);

/* rest_is_behind - does it stand behind that call? Context: dump. */
bool rest_is_behind(const ucontext_t *uc);

/* rest_go_on - where it does, make what is left now. Context: dump. */
void rest_go_on(ucontext_t *uc);

#endif
