/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_realloc.c - blocks that grow, shrink, move, and change hands between the functions
 */
#include "host.h"

static void check(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i += 61) {
		if (p[i] != (unsigned char)(i * 7)) {
			host_fail(__FILE__, __LINE__, "contents");
			return;
		}
	}
}

static unsigned char *fill(unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		p[i] = (unsigned char)(i * 7);
	}
	return p;
}

static void ladder(unsigned char *p, size_t start)
{
	size_t size = start;

	fill(p, size);
	while (size < 1000000) {
		size_t next = size + size / 3 + 17;

		p = realloc(p, next);
		CHECK(p);
		check(p, size);
		fill(p, next);
		size = next;
	}
	while (size > 20) {
		size = size * 2 / 3;
		p = realloc(p, size);
		CHECK(p);
		check(p, size);
	}
	free(p);
}

int main(void)
{
	unsigned char *p[300];
	void *q;

	for (int i = 0; i < 4; i++) {
		ladder(malloc(10), 10);
		ladder(calloc(10, 10), 100);
		ladder(memalign(4096, 5000), 5000);
		ladder(realloc(NULL, 50), 50);
		CHECK(posix_memalign(&q, 1024, 700) == 0);
		ladder(q, 700);
		ladder(valloc(9000), 9000);
		ladder(malloc(1000000), 1000000);
	}
	for (int i = 0; i < 300; i++) {
		p[i] = fill(malloc(100), 100);
	}
	for (int round = 0; round < 40; round++) {
		for (int i = 0; i < 300; i++) {
			p[i] = reallocarray(p[i], round % 3 ? 50 : 300, round % 5 + 2);
			check(p[i], 100);
		}
	}
	for (int i = 0; i < 300; i++) {
		check(p[i], 100);
		CHECK(realloc(p[i], 0) == NULL);
	}
	return done();
}
