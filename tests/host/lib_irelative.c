/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_irelative.c - a library that calls an IFUNC of its own: its resolver allocates while the
 * library before it in the search order is not relocated, and has no TLS of its own yet
 */
#include <stddef.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int irelative_answer(void);
EXPORT void *irelative_kept(int which);

static void *kept[4];

static int answer(void)
{
	return 42;
}

static void *resolve(void)
{
	volatile size_t size = 40;

	kept[0] = malloc(size);
	kept[1] = realloc(malloc(8), size);
	kept[2] = aligned_alloc(64, 3 * 64);
	if (posix_memalign(&kept[3], 32, size) != 0) {
		kept[3] = NULL;
	}
	return (void *)answer;
}

static int by_ifunc(void) __attribute__((ifunc("resolve")));

int irelative_answer(void)
{
	return by_ifunc();
}

void *irelative_kept(int which)
{
	return kept[which];
}
