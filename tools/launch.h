/* SPDX-License-Identifier: Apache-2.0 */
/* launch - become a program that runs under the library
 *
 * The library is the one beside this tool (a build folder) or in ../lib (an installation). The
 * settings are the LEAKTRACK_* variables as options: --rate 64k is LEAKTRACK_RATE=64k. */
#ifndef LEAKTRACK_TOOLS_LAUNCH_H
#define LEAKTRACK_TOOLS_LAUNCH_H

#include "err.h"

#include <stdbool.h>

/* launch_option - take one option from the front of argv into the environment
 * @used  how many words it was
 * Returns 0, or -1 with @err: no such option, no value, a value that the library would not take. */
int launch_option(char **argv, int *used, struct err *err);

/* launch_program - execute argv[0], looked for in PATH, with the library loaded into it
 * Returns only when that failed: -1 with @err. A static program counts as failed: nothing can be
 * loaded into it, and nobody would have a profile of it. */
int launch_program(char **argv, struct err *err);

/* launch_beside - path of a file that belongs to this tool: in its own folder or, with @library, in
 * ../lib. NULL with @err where there is none; free() it. */
char *launch_beside(const char *name, bool library, struct err *err);

#endif
