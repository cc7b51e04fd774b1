/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dump.h - where a dump goes: a file that is whole or not there
 *
 * A dump (heap_v2.h) is written to a temporary name and renamed when it is complete.
 */
#ifndef LEAKTRACK_DUMP_H
#define LEAKTRACK_DUMP_H

#include <stddef.h>
#include <stdint.h>

#include "layout.h"

#define DUMP_PATH_MAX 1200

/* dump_to - write the dump to @path, replacing the file that is there; -EEXIST where something else
 * is: a device, a link, a folder
 * @reason one word: signal, exit, api, keeper
 * Returns 0 or -errno; on failure nothing is left behind.
 * Context: dump. */
int dump_to(const struct layout_view *view, const char *reason, const char *path);

/* dump_named - write leaktrack.PID.<label>.heap to the first folder that takes it: LEAKTRACK_DIR,
 * else the working folder, else $TMPDIR, else /tmp; a folder that was not the first choice is said
 * in one line on stderr. An existing file is never replaced.
 * @number  the label; 0 stands for 'exit'. A number that is taken moves on to the next free one,
 *          'exit' to 'exit.2' and so on.
 * Returns the number that was used, or -errno after saying what is wrong; 0 also where an exit dump
 * is none, for the program may write no file at all (RLIMIT_FSIZE 0).
 * Context: dump. */
int dump_named(const struct layout_view *view, const char *reason, unsigned number);

#endif
