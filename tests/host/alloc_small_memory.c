/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_small_memory.c - the profiler has 1 MB of its own, the program 200,000 blocks on
 * thousands of stacks host: slow env=LEAKTRACK_MEMORY=1m
 */
#include "host.h"

#define BLOCKS 200000

static int **blocks;

static __attribute__((noinline)) int *deep(int n, int value)
{
	int *p;

	if (n > 0) {
		p = value & (1 << n) ? deep(n - 1, value) : deep(n - 2, value);
	} else {
		p = malloc(16 + (size_t)(value % 50) * 8);
		*p = value;
	}
	KEEP(p);
	return p;
}

static void *work(void *arg)
{
	churn((unsigned)(intptr_t)arg, 5000);
	return NULL;
}

int main(void)
{
	blocks = malloc(BLOCKS * sizeof(*blocks));
	for (int i = 0; i < BLOCKS; i++) {
		blocks[i] = deep(14, i);
	}
	crew(4, work);
	for (int i = 0; i < BLOCKS; i++) {
		CHECK(*blocks[i] == i);
		free(blocks[i]);
	}
	return done();
}
