/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_overflow.c - sizes that cannot be had: NULL and ENOMEM, and old blocks stay whole
 * host: flags=-Wno-alloc-size-larger-than
 */
#include "host.h"

static volatile size_t most = SIZE_MAX;

static void want_enomem(const char *what, void *p)
{
	printf("%s: %s, errno %d\n", what, p ? "a block" : "NULL", errno);
	errno = 0;
}

static void failing_realloc(void)
{
	char *p = malloc(1000);
	size_t before = malloc_usable_size(p);

	memset(p, 'x', 1000);
	for (int i = 0; i < 100; i++) {
		errno = 0;
		CHECK(realloc(p, most - 4096) == NULL && errno == ENOMEM);
		CHECK(realloc(p, (size_t)PTRDIFF_MAX) == NULL && errno == ENOMEM);
		CHECK(reallocarray(p, most / 2, 3) == NULL && errno == ENOMEM);
	}
	CHECK(malloc_usable_size(p) == before);
	for (int i = 0; i < 1000; i++) {
		CHECK(p[i] == 'x');
	}
	p = realloc(p, 5000);
	CHECK(p && p[999] == 'x');
	free(p);
}

int main(void)
{
	void *p = (void *)0x1234;

	errno = 0;
	want_enomem("malloc(SIZE_MAX)", malloc(most));
	want_enomem("malloc(SIZE_MAX - 1)", malloc(most - 1));
	want_enomem("malloc(SIZE_MAX - 4096)", malloc(most - 4096));
	want_enomem("malloc(PTRDIFF_MAX)", malloc(most / 2));
	want_enomem("malloc(PTRDIFF_MAX + 1)", malloc(most / 2 + 1));
	want_enomem("calloc overflow", calloc(most / 2, 3));
	want_enomem("calloc(SIZE_MAX, 1)", calloc(most, 1));
	want_enomem("calloc(1, SIZE_MAX)", calloc(1, most));
	want_enomem("calloc(2^32, 2^32)", calloc((size_t)1 << 32, (size_t)1 << 32));
	want_enomem("calloc(2^33, 2^31 + 1)", calloc((size_t)1 << 33, ((size_t)1 << 31) + 1));
	want_enomem("reallocarray overflow", reallocarray(NULL, most / 2, 3));
	want_enomem("memalign(64, SIZE_MAX)", memalign(64, most));
	want_enomem("memalign(SIZE_MAX / 2 + 1, 1)", memalign(most / 2 + 1, 1));
	want_enomem("aligned_alloc(64, SIZE_MAX - 63)", aligned_alloc(64, most - 63));
	want_enomem("valloc(SIZE_MAX)", valloc(most));
	want_enomem("pvalloc(SIZE_MAX)", pvalloc(most));
	want_enomem("pvalloc(SIZE_MAX - 4095)", pvalloc(most - 4095));
	errno = 77;
	printf("posix_memalign: %d", posix_memalign(&p, 64, most));
	printf(", %d", posix_memalign(&p, (size_t)1 << 62, 8));
	printf(", pointer %s\n", p == (void *)0x1234 ? "kept" : "changed");
	failing_realloc();
	return done();
}
