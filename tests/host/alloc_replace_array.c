/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_replace_array.c - the program brings malloc, calloc, realloc and free, and the libraries
 * below it call reallocarray: libc's, which goes by the program's realloc host: flags=-fno-builtin
 */
#include "host.h"

static char heap[16 << 20] __attribute__((aligned(16)));
static size_t used;
static int moved;

void *malloc(size_t size)
{
	size_t at = __atomic_fetch_add(&used, (size + 31) & ~(size_t)15, __ATOMIC_RELAXED);

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

	moved++;
	if (p && q) {
		size_t old = ((size_t *)p)[-2];

		memcpy(q, p, old < size ? old : size);
	}
	return q;
}

int main(void)
{
	char *p = malloc(100);
	int before = moved;

	strcpy(p, "kept");
	for (size_t n = 1; n < 100; n++) {
		p = reallocarray(p, n, 64);
		MUST(p > heap && p < heap + sizeof(heap));
		CHECK(strcmp(p, "kept") == 0);
	}
	printf("moved %d times\n", moved - before);
	CHECK(reallocarray(NULL, SIZE_MAX / 2, 3) == NULL && errno == ENOMEM);
	free(p);
	return done();
}
