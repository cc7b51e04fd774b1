/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop PAIRS [DEPTH] - malloc(64) and free of it, PAIRS times, DEPTH frames deep
 *
 * Prints nanoseconds a pair. bench/loop.sh counts its instructions instead: the difference between
 * two numbers of pairs, so that start and end of the process are not in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void *volatile sink;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static __attribute__((noinline)) void pairs(long count)
{
	for (long i = 0; i < count; i++) {
		void *block = malloc(64);

		sink = block;
		free(block);
	}
}

static __attribute__((noinline)) void down(long depth, long count)
{
	if (depth > 0) {
		down(depth - 1, count);
	} else {
		pairs(count);
	}
	__asm__ volatile(""); /* no tail call: each level keeps its frame */
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 1000000;
	double start;

	down(argc > 2 ? atol(argv[2]) : 0, 1000); /* warm: rules learnt, tables there */
	start = now();
	down(argc > 2 ? atol(argv[2]) : 0, count);
	printf("%.1f\n", (now() - start) / (double)count);
	return 0;
}
