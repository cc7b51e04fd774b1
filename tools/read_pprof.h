/* SPDX-License-Identifier: Apache-2.0 */
/* read_pprof - a heap profile in pprof's format into the model, names and all
 *
 * Gzipped or plain profile.proto: what --pprof writes, what Go's runtime/pprof writes of its own
 * heap, and heap profiles of others. Sample types are found by name; objects and space alone count
 * as in use. Values are taken as they are: whoever wrote them has scaled them already, so nothing
 * is known about their error.
 *
 * Any bytes may come in: sizes are bounded, ids that lead nowhere fail. */
#ifndef LEAKTRACK_TOOLS_READ_PPROF_H
#define LEAKTRACK_TOOLS_READ_PPROF_H

#include "err.h"
#include "profile.h"

/* read_pprof_is - gzip data; what is in it only reading can tell */
bool read_pprof_is(const char *bytes, size_t count);

/* read_pprof - add its samples to an empty profile.  Returns 0, or -1 with @err. */
int read_pprof(const char *bytes, size_t count, struct profile *profile, struct err *err);

#endif
