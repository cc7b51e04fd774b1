/* SPDX-License-Identifier: Apache-2.0 */
/* alive - is the process still there that a dump tells of?
 *
 * A PID does not tell: it is given to others later, and in a container it is another one than
 * outside. So a state file's process is known by the file, which it has mapped, and of any other
 * process is asked when it started. */
#ifndef LEAKTRACK_TOOLS_ALIVE_H
#define LEAKTRACK_TOOLS_ALIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* alive_has_mapped - does the process with that PID have this very file mapped? A copy of it is not
 * the same.  false also where we may not look into it. */
bool alive_has_mapped(pid_t pid, const char *path);

/* alive_start_ns - when the process that has the PID now began, since 1970, to some seconds;
 * 0: there is none, or it cannot be told */
int64_t alive_start_ns(pid_t pid);

#endif
