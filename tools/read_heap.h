/* SPDX-License-Identifier: Apache-2.0 */
/* read_heap - a text heap profile into the model
 *
 * Reads leaktrack's dumps and, as far as they have the same shape, those of gperftools (heap_v2,
 * heapprofile) and jemalloc (heap_v2 with 't*:' lines). The whole text is in memory.
 *
 *     value of a line = raw / P(size), see estimate.h; a 'heapprofile' or rate 1 counts everything
 *     a program counter in a dump is a return address: the location is one lower
 *
 * Any bytes may come in. What is not a heap profile fails with a line number. A text that merely
 * ends too early gives what is true of it, with about.partial set: complete lines before the end.
 */
#ifndef LEAKTRACK_TOOLS_READ_HEAP_H
#define LEAKTRACK_TOOLS_READ_HEAP_H

#include "err.h"
#include "profile.h"

/* read_heap_is - does it begin like one? */
bool read_heap_is(const char *text, size_t length);

/* read_heap - add the samples and mappings of @text to an empty profile, and place its locations
 * @text  need not end in 0.  Returns 0, or -1 with @err 'line N: …'. */
int read_heap(const char *text, size_t length, struct profile *profile, struct err *err);

#endif
