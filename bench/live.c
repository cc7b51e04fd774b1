/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live BLOCKS STACKS [FRAMES] - keep BLOCKS blocks alive that came by STACKS distinct stacks
 *
 * A stack's number decides at each of its FRAMES levels which of two functions is called; no two
 * numbers below 2^FRAMES give the same stack. Prints 'ready' and waits for a line on stdin.
 */
#include <stdio.h>
#include <stdlib.h>

static void *volatile sink;

static void left(unsigned long number, int level);
static void right(unsigned long number, int level);

static void down(unsigned long number, int level)
{
	if (level == 0) {
		sink = malloc(48);
	} else if (number & 1) {
		left(number >> 1, level - 1);
	} else {
		right(number >> 1, level - 1);
	}
	__asm__ volatile("");
}

static __attribute__((noinline)) void left(unsigned long number, int level)
{
	down(number, level);
	__asm__ volatile("");
}

static __attribute__((noinline)) void right(unsigned long number, int level)
{
	down(number, level);
	__asm__ volatile("" ::: "memory");
}

int main(int argc, char **argv)
{
	unsigned long blocks = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
	unsigned long stacks = argc > 2 ? strtoul(argv[2], NULL, 10) : 20000;
	int frames = argc > 3 ? atoi(argv[3]) : 30;
	char line[16];

	for (unsigned long i = 0; i < blocks; i++) {
		down(i % stacks, frames);
	}
	puts("ready");
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) ? 0 : 1;
}
