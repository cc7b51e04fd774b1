/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_next.c - lib/real.c's real_next() for tests, without the allocator's half of the library
 */
#include <dlfcn.h>

#include "real.h"

void *real_next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}
