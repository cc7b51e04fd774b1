/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dump.h - a snapshot of the stack table as text
 *
 * The format is heap_v2, as gperftools and jemalloc write it and pprof's legacy parser reads it:
 *
 *   heap profile: <inuse objects>: <inuse bytes> [<alloc objects>: <alloc bytes>] @ heap_v2/<rate>
 *   # comments: who, when, losses
 *     <inuse objects>: <inuse bytes> [<alloc objects>: <alloc bytes>] @ 0x<pc> 0x<pc> ...
 *   MAPPED_LIBRARIES:
 *   <start>-<end>: r-xp <path> (@<offset>) <build-id>
 *   <start>-<end> r-xp <offset> 00:00 0 <path>
 *   # end
 *
 * One line for each (stack, block size), innermost address first. Counts are raw samples: a reader
 * divides by 1 - exp(-size / rate). Where the rate was changed while the process ran, counts are
 * converted to the smallest rate. Each module has two lines, the first in the short form of pprof's
 * profile/legacy_profile.go (briefMapsRE: the only one with a build-id; `go tool pprof` takes the
 * first mapping that fits an address), the second as in /proc/PID/maps, the only one that
 * google-pprof takes for a program that is a PIE.
 *
 * A dump is written to a temporary name and renamed when it is complete. It never exceeds
 * RLIMIT_FSIZE, whose signal would end the host.
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
 * Returns the number that was used, or -errno after saying what is wrong.
 * Context: dump. */
int dump_named(const struct layout_view *view, const char *reason, unsigned number);

#endif
