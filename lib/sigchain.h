/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sigchain.h - our dump signal beside the host's own use of it
 *
 * We hold the kernel's action for one signal (LEAKTRACK_SIGNAL). The host's action for it is kept
 * here: sigaction(), signal() and their kin, interposed for this signal only, change and report
 * that one, so the host cannot tell the difference; after a dump it is called as the kernel would
 * have called it. Go's runtime, which replaces every handler at start, comes through libc's
 * sigaction() in a cgo program, and is such a host.
 *
 * What makes a dump: the signal, sent by another process. Not a signal that the process sent to
 * itself or that a timer of its own sent: that is the host's affair, and is handed on untouched,
 * with the default action where the host has none. A request that carries SIGCHAIN_MARK (sigqueue,
 * from our tool) makes a dump and is not handed on.
 *
 * Where the host ignores the signal (SIG_IGN, also inherited), the kernel's action is to ignore it,
 * so that programs it executes inherit that: a plain kill then makes no dump.
 */
#ifndef LEAKTRACK_SIGCHAIN_H
#define LEAKTRACK_SIGCHAIN_H

#include <stdbool.h>

#define SIGCHAIN_MARK 0x4c4b5452 /* "LKTR", the value of a request by our own tool */

/* sigchain_start - take the signal over
 * @go  in a Go program the host's first action is shown as a handler that does nothing, not as the
 *      default: Go's runtime keeps what it finds, and where the signal comes to a thread that C
 * code made, it puts that back and raises the signal again (raisebadsignal() in
 *      runtime/signal_unix.go). The default would end the program.
 * Context: start. */
void sigchain_start(int signal, bool go);

/* sigchain_retire - a sandbox that our handler could not return from is about to be closed: ignore
 * the signal, unless the host has a handler. sigchain_return - it did not come about. Context:
 * start. */
void sigchain_retire(void);
void sigchain_return(void);

#endif
