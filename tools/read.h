/* SPDX-License-Identifier: Apache-2.0 */
/* read - one input file into the model, by whatever reader knows it
 *
 * The whole file is read into memory first, so that readers see bytes and no files. '-' is
 * standard input. What no reader knows fails with what the file looks like, where that is known. */
#ifndef LEAKTRACK_TOOLS_READ_H
#define LEAKTRACK_TOOLS_READ_H

#include "err.h"
#include "profile.h"

/* read_profile - the profile of a file, or NULL with @err 'path: …'; profile_free() it.
 * A file that ends too early gives what is true of it, with about.partial set. */
struct profile *read_profile(const char *path, struct err *err);

#endif
