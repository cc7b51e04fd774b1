/* SPDX-License-Identifier: Apache-2.0 */
/*
 * next.h - what dlsym(RTLD_NEXT) finds, without asking the loader
 *
 * dlsym takes the loader's lock, for which a thread may wait for ever (a library's constructor that
 * waits for that thread holds it), and forgets the error that the host's dlerror() would tell. And
 * some twenty of its look-ups, each over all libraries, were a third of what a short program paid
 * for us. So: one walk over the libraries that were loaded with the program, after ours in the
 * loader's list, with all names at once, in their GNU hash tables.
 *
 * Where this cannot tell (a library with another kind of table, a function that is chosen at run
 * time by a resolver of its own), it says so and dlsym is asked.
 */
#ifndef LEAKTRACK_NEXT_H
#define LEAKTRACK_NEXT_H

#include <stdbool.h>

#define NEXT_NAME 24  /* bytes of a name, its end counted */
#define NEXT_MOST 48u /* names at once */

/* next_find - the first definition of each of @n @names behind our own library, or NULL, into
 * @found Returns false when that is not certain: ask dlsym. Context: start; the loader's list must
 * not change meanwhile. */
bool next_find(const char (*names)[NEXT_NAME], unsigned n, void **found);

#endif
