/* SPDX-License-Identifier: Apache-2.0 */
/* ask - ask a watched process for a dump, and wait until it is there
 *
 * The request is the process's dump signal with the mark that keeps it from the program itself
 * (lib/sigchain.h). The dump appears under its name when it is whole; where, is known from the
 * environment that the process was started with. */
#ifndef LEAKTRACK_TOOLS_ASK_H
#define LEAKTRACK_TOOLS_ASK_H

#include "err.h"
#include "watched.h"

#define ASK_SECONDS 20 /* that we wait */

/* ask_dump - the new dump's path as we reach it, or NULL with @err: no signal is set, it is
 * ignored, may not be sent, or was not answered in ASK_SECONDS; free() it */
char *ask_dump(const struct watched *process, struct err *err);

#endif
