/* SPDX-License-Identifier: Apache-2.0 */
/* watched - the processes of this machine that run under the library, as /proc tells
 *
 * A process is watched when libleaktrack.so is mapped into it. That can be seen of one's own
 * processes, and by root of all; of others nothing is known here. The library's keepers, which
 * have it mapped too, are left out.
 *
 * A process may live in a container: `inner_pid` is what it calls itself, and its files are reached
 * through /proc/PID/root, which every path given out here has in front where that is another root.
 */
#ifndef LEAKTRACK_TOOLS_WATCHED_H
#define LEAKTRACK_TOOLS_WATCHED_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct watched {
	pid_t pid, inner_pid;
	char *state;   /* path of its state file as we can open it; NULL: it has none yet */
	char *command; /* as it was started, arguments behind blanks */
};

/* watched_find - what is known of one process, or -1 with @err: it is gone, not ours to see, or not
 * under the library; watched_clear() it */
int watched_find(struct watched *found, pid_t pid, struct err *err);

/* watched_all - every watched process that we can see, by PID; watched_free_all() them */
struct watched *watched_all(size_t *count);

/* watched_variable - the value in the environment that the process was started with, or NULL;
 * free() it */
char *watched_variable(const struct watched *process, const char *name);

/* watched_path - the process's own absolute @path as we reach it; free() it */
char *watched_path(const struct watched *process, const char *path);

/* watched_ignores - the process ignores this signal, so that sending it does nothing */
bool watched_ignores(const struct watched *process, int signal);

void watched_clear(struct watched *process);
void watched_free_all(struct watched *all, size_t count);

#endif
