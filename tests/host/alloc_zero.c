/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_zero.c - malloc(0) and its relatives: what they return, and how much room it has
 */
#include "host.h"

int main(void)
{
	void *p = malloc(0);
	void *q = malloc(0);

	CHECK(p && q && p != q);
	printf("malloc(0) %zu\n", malloc_usable_size(p));
	CHECK(realloc(p, 0) == NULL);
	p = realloc(NULL, 0);
	CHECK(p);
	free(p);
	free(q);
	free(NULL);
	p = calloc(0, 8);
	q = calloc(8, 0);
	CHECK(p && q);
	printf("calloc(0) %zu %zu\n", malloc_usable_size(p), malloc_usable_size(q));
	free(p);
	free(q);
	p = memalign(64, 0);
	CHECK(p && ((uintptr_t)p & 63) == 0);
	free(p);
	p = (void *)1;
	CHECK(posix_memalign(&p, 64, 0) == 0 && p != (void *)1);
	free(p);
	p = valloc(0);
	CHECK(p && ((uintptr_t)p & 4095) == 0);
	free(p);
	p = pvalloc(0);
	CHECK(p && ((uintptr_t)p & 4095) == 0);
	printf("pvalloc(0) holds a page: %d\n", malloc_usable_size(p) >= 4096);
	free(p);
	p = reallocarray(NULL, 0, 7);
	CHECK(p);
	CHECK(reallocarray(p, 0, 7) == NULL);
	CHECK(malloc_usable_size(NULL) == 0);
	for (int i = 0; i < 200000; i++) {
		p = malloc(0);
		KEEP(p);
		free(p);
	}
	return done();
}
