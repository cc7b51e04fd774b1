/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_alloc.c - a library that allocates, resizes and frees; host programs open it in many ways
 */
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default"), noinline))

EXPORT void *lib_malloc(size_t size);
EXPORT void *lib_realloc(void *p, size_t size);
EXPORT void lib_free(void *p);
EXPORT void *lib_twice(size_t size, void *(*via)(size_t));
EXPORT char *lib_strdup(const char *s);

void *lib_malloc(size_t size)
{
	void *p = malloc(size);

	__asm__ volatile("" : : "r"(p) : "memory");
	return p;
}

void *lib_realloc(void *p, size_t size)
{
	void *q = realloc(p, size);

	__asm__ volatile("" : : "r"(q) : "memory");
	return q;
}

void lib_free(void *p)
{
	free(p);
	__asm__ volatile("" : : : "memory");
}

void *lib_twice(size_t size, void *(*via)(size_t))
{
	free(malloc(size));
	return via(size);
}

char *lib_strdup(const char *s)
{
	char *p = strdup(s);

	__asm__ volatile("" : : "r"(p) : "memory");
	return p;
}
