/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_replace.c - the program brings a malloc of its own, but not the aligned functions
 *
 * The program's symbols win over a preload's; what it lacks comes from the preload or libc.
 * host: flags=-fno-builtin
 */
#include "host.h"

static char heap[64 << 20] __attribute__((aligned(16)));
static size_t used;
static unsigned long calls;

void *malloc(size_t size)
{
	size_t at = __atomic_fetch_add(&used, (size + 31) & ~(size_t)15, __ATOMIC_RELAXED);

	__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
	if (at + size + 16 > sizeof(heap)) {
		errno = ENOMEM;
		return NULL;
	}
	*(size_t *)(heap + at) = size;
	return heap + at + 16;
}

void free(void *p)
{
	CHECK(!p || ((char *)p > heap && (char *)p < heap + sizeof(heap)));
}

void *calloc(size_t n, size_t size)
{
	return malloc(n * size);
}

void *realloc(void *p, size_t size)
{
	void *q = malloc(size);

	if (p && q) {
		size_t old = ((size_t *)p)[-2];

		memcpy(q, p, old < size ? old : size);
	}
	return q;
}

static void *work(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		char *p = strdup("some text");

		p = realloc(p, 100);
		CHECK(!strcmp(p, "some text"));
		free(p);
		free(calloc(3, 3));
	}
	return arg;
}

int main(void)
{
	work(NULL);
	crew(4, work);
	CHECK(calls > 10000);
	for (int i = 0; i < 1000; i++) {
		char *p = strndup("abc", 2);

		free(p);
	}
	return done();
}
