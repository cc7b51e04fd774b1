/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modules_watch.h - to be told when a module goes, also by a dlclose inside glibc
 *
 * iconv unloads character sets, NSS and dlopen itself unload what failed, a library may have found
 * dlclose by dlsym: none of these pass the function that we stand in front of (dlclose.c). But the
 * loader keeps what it knows of a module in a block of malloc's, its link map, and gives that back
 * through free() after the module is unmapped and before another one can come to its place, for it
 * holds its lock until then. So link maps are watched, by the filter that each free() looks into.
 *
 * Invariant: a module for which modules_watch() said yes does not go before modules_watch_freed()
 * has been called with its link map. Where the loader does not allocate through us (another malloc
 * stands in front), it says yes all the same, and dlclose.c is what there is.
 */
#ifndef LEAKTRACK_MODULES_WATCH_H
#define LEAKTRACK_MODULES_WATCH_H

#include <stdbool.h>

#include "modules.h"

/* modules_watch - watch over @m from now on
 * Returns false when there is no room for it: then keep nothing that depends on it.
 * Context: sample. */
bool modules_watch(const struct module *m);

/* modules_watch_freed - whether the block @p, which is about to be freed, is a link map that was
 * watched over: its module has been unmapped. It is watched no longer, and the generation is
 * another one.
 * Context: sample. */
bool modules_watch_freed(const void *p);

/* modules_watch_fork_child - the filter has been cleared. Context: sample. */
void modules_watch_fork_child(void);

#endif
