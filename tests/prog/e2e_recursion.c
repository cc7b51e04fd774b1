/* SPDX-License-Identifier: Apache-2.0 */
/*
 * e2e_recursion COUNT MOST - COUNT blocks of 48 bytes, each from a recursion of a random depth of 1
 * to MOST frames: every fourth from one of two functions that call each other
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void *volatile sink;

static __attribute__((noinline, noclone)) void recurse(unsigned depth)
{
	if (depth <= 1) {
		sink = malloc(48);
	} else {
		recurse(depth - 1);
	}
	__asm__ volatile("");
}

static void pong(unsigned depth);

static __attribute__((noinline, noclone)) void ping(unsigned depth)
{
	if (depth <= 1) {
		sink = malloc(48);
	} else {
		pong(depth - 1);
	}
	__asm__ volatile("");
}

static __attribute__((noinline, noclone)) void pong(unsigned depth)
{
	if (depth <= 1) {
		sink = malloc(48);
	} else {
		ping(depth - 1);
	}
	__asm__ volatile("" ::: "memory");
}

int main(int argc, char **argv)
{
	unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 1000;
	unsigned most = argc > 2 ? (unsigned)atoi(argv[2]) : 1000;
	uint64_t state = 1;

	for (unsigned i = 0; i < count; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		unsigned depth = 1 + (unsigned)(state >> 33) % most;

		if (i % 4 == 0) {
			ping(depth);
		} else {
			recurse(depth);
		}
	}
	return 0;
}
