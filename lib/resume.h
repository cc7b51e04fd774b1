/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume.h - a signal that the host knows nothing of does not cut its system calls short
 *
 * SA_RESTART has most calls go on by itself, but not those that wait for a time or for a signal:
 * poll, select, epoll_wait, nanosleep, pause and their kin give EINTR after any handler. A program
 * that has no handler has never heard of that. So the same is done for them here, as the kernel
 * does it: the interrupted context is set back to the call, with the time that is left.
 *
 * - Only calls that libc makes, where the code before the call tells its number, and registers that
 *   libc does not read again.
 * - Never when another handler is about to run: the call may be what that one is to end. Its signal
 *   is blocked while ours is handled, so it is seen pending.
 * - A handler of the host's that has just returned cannot be seen. A wait that has an end is then
 *   longer than it should be; one without end could be for ever, and so is resumed only in
 *   programs whose handlers are for signals that come hardly ever, such as SIGTERM, or for an alarm
 *   that is still to come.
 * - What a call has left to do when it was cut amid its work, or at a socket's time-out: rest.h.
 * - How long a wait has been going on is known from its first resumption on only: a time-out comes
 *   late, by what had passed before, and never early.
 */
#ifndef LEAKTRACK_RESUME_H
#define LEAKTRACK_RESUME_H

/* resume_call - @context: of our handler, with all signals blocked, that was called for @signal
 * Context: dump. */
void resume_call(void *context, int signal);

#endif
