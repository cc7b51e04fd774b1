/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_leak.c - 300,000 blocks that are never freed, on many stacks, all intact at the end
 */
#include "host.h"

#define BLOCKS 300000

static int **blocks;

static __attribute__((noinline)) int *deep(int n, int value)
{
	int *p;

	if (n > 0) {
		p = value & (1 << n) ? deep(n - 1, value) : deep(n - 2, value);
	} else {
		p = malloc(16 + (size_t)(value % 5) * 8);
		*p = value;
	}
	KEEP(p);
	return p;
}

int main(void)
{
	blocks = malloc(BLOCKS * sizeof(*blocks));
	for (int i = 0; i < BLOCKS; i++) {
		blocks[i] = deep(14, i);
	}
	for (int i = 0; i < BLOCKS; i++) {
		CHECK(*blocks[i] == i);
	}
	return done();
}
