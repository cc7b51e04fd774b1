/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modules_seen.h - the modules that recorded stacks pass through, kept in the state file
 *
 * A dump needs to say which file each address came from. The process's own maps cannot tell: they
 * are gone when a keeper or a tool reads the profile of a dead process, may not be read in a
 * sandbox, and forget what dlclose took away. So a module is written down when the first stack
 * passes it.
 */
#ifndef LEAKTRACK_MODULES_SEEN_H
#define LEAKTRACK_MODULES_SEEN_H

#include <stddef.h>
#include <stdint.h>

#include "layout.h"

/* modules_seen - write down the modules of @pcs that are not there yet
 * Context: sample. Code of no module (made at run time) is passed over. One writer at a time: who
 * comes meanwhile leaves it to the next new stack. */
void modules_seen(struct layout_header *h, const uintptr_t *pcs, size_t n);

/* modules_seen_fork_child - threads that the child does not have hold nothing. Context: sample, in
 * a forked child before its first sample. */
void modules_seen_fork_child(void);

#endif
