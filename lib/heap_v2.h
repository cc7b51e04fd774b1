/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap_v2.h - what a dump says: a snapshot of the stack table as text
 *
 * The format is heap_v2, as gperftools and jemalloc write it and pprof's legacy parser reads it:
 *
 *   heap profile: <inuse objects>: <inuse bytes> [<alloc objects>: <alloc bytes>] @ heap_v2/<rate>
 *   # comments: who, when, losses; `# failures N off WORD` where sampling was switched
 *   off, `# damaged N` where N entries cannot be
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
 * It never exceeds RLIMIT_FSIZE, whose signal would end the host.
 */
#ifndef LEAKTRACK_HEAP_V2_H
#define LEAKTRACK_HEAP_V2_H

#include "layout.h"

/* heap_v2_write - write the dump to @fd, a new file that can be written at any place
 * @reason one word: signal, exit, api, keeper
 * Returns 0 or -errno: then the file holds a part of it. One at a time, for there is one buffer.
 * Context: dump. */
int heap_v2_write(int fd, const struct layout_view *view, const char *reason);

#endif
