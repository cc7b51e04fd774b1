/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwind.c - nanoseconds a frame, warm, of our walk, unw_backtrace and backtrace(3), in one run
 *
 *     unwind LIBPROBE [DEPTH [ROUNDS]]
 *
 * Our walk is shown in both of its ways: as it walks, and as it proves a stack that it knows.
 *
 * The stack is DEPTH frames (30) of -O2 code without frame pointers, four different functions. The
 * four take turns; each gets the best of ROUNDS (60). Then what learning a program counter costs:
 * the same walk after all rules were forgotten.
 */
#include <dlfcn.h>
#include <execinfo.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define WALKS 200

typedef int walk_fn(void **pcs, int depth);

static int (*probe)(uintptr_t *, int, unsigned *), (*probe_memo)(uintptr_t *, int, unsigned *);
static void (*forget)(void);
static walk_fn *unw;
static int rounds = 60;
static void *pcs[1025];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static int ours(void **to, int depth)
{
	unsigned flags;

	return probe((uintptr_t *)to, depth, &flags);
}

static int known(void **to, int depth)
{
	unsigned flags;

	return probe_memo((uintptr_t *)to, depth, &flags);
}

static double nanoseconds(walk_fn *walk, int *n)
{
	double start = now();

	for (int i = 0; i < WALKS; i++) {
		*n = walk(pcs, 512);
	}
	return (now() - start) / WALKS / *n;
}

static int different(int n)
{
	int count = 0;

	ours(pcs, 512);
	for (int i = 0; i < n; i++) {
		bool new = true;

		for (int k = 0; k < i; k++) {
			new = new &&pcs[k] != pcs[i];
		}
		count += new;
	}
	return count;
}

static double learning(void)
{
	double least = 1e9;

	for (int i = 0; i < 20; i++) {
		double start;

		forget();
		start = now();
		ours(pcs, 512);
		start = now() - start;
		least = start < least ? start : least;
	}
	return least;
}

static void measure(void)
{
	struct {
		const char *name;
		walk_fn *walk;
		double least;
		int n;
	} all[] = {{"our walk", ours, 1e9, 0},
		   {"our walk, of a stack that it knows", known, 1e9, 0},
		   {"unw_backtrace", unw, 1e9, 0},
		   {"backtrace(3)", backtrace, 1e9, 0}};

	for (int r = 0; r < rounds; r++) {
		for (unsigned i = 0; i < 4; i++) {
			double t = all[i].walk ? nanoseconds(all[i].walk, &all[i].n) : 0;

			all[i].least = t < all[i].least ? t : all[i].least;
		}
	}
	for (unsigned i = 0; i < 4; i++) {
		printf("| %s | %d | %.1f |\n", all[i].name, all[i].n, all[i].least);
	}
	printf("| our walk, learning %d rules on the way | %d | %.0f |\n", different(all[0].n),
	       all[0].n, learning() / all[0].n);
}

#define FRAME(name, next, bytes)                             \
	static __attribute__((noinline)) int name(int depth) \
	{                                                    \
		volatile char room[bytes];                   \
                                                             \
		room[0] = (char)depth;                       \
		if (depth <= 0) {                            \
			measure();                           \
			return 0;                            \
		}                                            \
		return next(depth - 1) + room[0];            \
	}

static int frame_a(int depth);
FRAME(frame_d, frame_a, 300)
FRAME(frame_c, frame_d, 24)
FRAME(frame_b, frame_c, 72)
FRAME(frame_a, frame_b, 8)

int main(int argc, char **argv)
{
	void *lib = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
	void *other = dlopen("libunwind.so.8", RTLD_NOW);

	if (!lib) {
		fprintf(stderr, "unwind: %s\n", argc > 1 ? dlerror() : "which library?");
		return 2;
	}
	*(void **)&probe = dlsym(lib, "probe_walk_plain");
	*(void **)&probe_memo = dlsym(lib, "probe_walk_memo");
	*(void **)&forget = dlsym(lib, "probe_forget");
	*(void **)&unw = other ? dlsym(other, "unw_backtrace") : NULL;
	rounds = argc > 3 ? atoi(argv[3]) : rounds;
	return frame_a((argc > 2 ? atoi(argv[2]) : 30) - 6) == 77;
}
