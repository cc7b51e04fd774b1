/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_pool.c - an allocator without malloc_usable_size, as electric fence is: each block begins at
 * the start of a page, behind one that may not be touched
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define EXPORT __attribute__((visibility("default")))
#define PAGE   4096ul
#define POOL   (1ul << 34)

static char *pool;
static size_t used;

EXPORT void *malloc(size_t n)
{
	size_t bytes = (n / PAGE + 1) * PAGE;

	if (!pool) {
		pool = mmap(NULL, POOL, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			    0);
	}
	if (pool == MAP_FAILED || n > POOL / 2 || used + bytes + PAGE > POOL) {
		errno = ENOMEM;
		return NULL;
	}
	char *p = pool + used + PAGE;

	used += bytes + PAGE;
	return mprotect(p, bytes, PROT_READ | PROT_WRITE) == 0 ? p : NULL;
}

EXPORT void free(void *p)
{
	(void)p;
}

EXPORT void *calloc(size_t n, size_t size)
{
	return malloc(n * size); /* never used before */
}

EXPORT void *realloc(void *p, size_t n)
{
	void *moved = malloc(n);

	if (p && moved) {
		memcpy(moved, p, n < PAGE ? n : PAGE);
	}
	return moved;
}
