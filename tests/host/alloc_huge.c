/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_huge.c - blocks beyond the mmap threshold, up to more than there is memory
 */
#include "host.h"

int main(void)
{
	char *p[16];
	size_t gib = (size_t)1 << 30;

	for (int i = 0; i < 16; i++) {
		p[i] = malloc(256 << 20);
		CHECK(p[i]);
		p[i][0] = p[i][(256 << 20) - 1] = (char)i;
	}
	for (int i = 0; i < 16; i++) {
		CHECK(p[i][0] == i);
		p[i] = realloc(p[i], (300 << 20));
		CHECK(p[i] && p[i][0] == i && p[i][(256 << 20) - 1] == i);
		free(p[i]);
	}
	for (int i = 0; i < 50; i++) {
		char *c = calloc(i + 1, 10 << 20);

		CHECK(c && c[0] == 0 && c[(10 << 20) - 1] == 0);
		free(c);
		c = memalign(2 << 20, 30 << 20);
		CHECK(c && ((uintptr_t)c & ((2 << 20) - 1)) == 0);
		free(c);
	}
	free(malloc(4 * gib));
	p[0] = malloc(gib + 1);
	p[0] = realloc(p[0], 3 * gib);
	CHECK(p[0]);
	p[0] = realloc(p[0], 10);
	CHECK(p[0]);
	free(p[0]);
	return done();
}
