/* SPDX-License-Identifier: Apache-2.0 */
/* read_state - a state file into the model
 *
 * The state file (lib/layout.h) is what a watched process writes its profile to while it runs. It
 * is read as it lies there, also when the process is running, was killed, or is gone.
 *
 *     in use = allocations - frees;  value = that / P(size) with the rate of the entry's own epoch
 *
 * Any bytes may come in: layout.h's reader keeps to the file, and every number is checked here. */
#ifndef LEAKTRACK_TOOLS_READ_STATE_H
#define LEAKTRACK_TOOLS_READ_STATE_H

#include "err.h"
#include "profile.h"

/* read_state_is - does it begin like one? */
bool read_state_is(const char *bytes, size_t count);

/* read_state - add the samples and modules to an empty profile, and place its locations
 * @bytes  start on a multiple of 8.  Returns 0, or -1 with @err. */
int read_state(const char *bytes, size_t count, struct profile *profile, struct err *err);

#endif
