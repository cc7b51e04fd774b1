/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads THREADS PAIRS - malloc and free by several threads at once, PAIRS times in all
 *
 * Each thread keeps 64 blocks of 16 to 271 bytes, and replaces one after the other, by the same
 * stacks as the others: what threads share of ours is then written by all of them. Prints pairs a
 * second.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define KEPT 64

static pthread_barrier_t barrier;
static long pairs;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static __attribute__((noinline)) void work(long count)
{
	void *kept[KEPT] = {0};

	for (long i = 0; i < count; i++) {
		free(kept[i % KEPT]);
		kept[i % KEPT] = malloc((size_t)(16 + i * 37 % 256));
	}
	for (int i = 0; i < KEPT; i++) {
		free(kept[i]);
	}
}

struct span {
	pthread_t id;
	double start, end;
};

static void *thread(void *argument)
{
	struct span *span = argument;

	work(1000); /* warm: rules learnt, tables there */
	pthread_barrier_wait(&barrier);
	span->start = now();
	work(pairs);
	span->end = now();
	return NULL;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1;
	long all = argc > 2 ? atol(argv[2]) : 1000000;
	struct span spans[64];
	double start = 1e18, end = 0;

	count = count < 1 ? 1 : count > 64 ? 64 : count;
	pairs = all / count;
	pthread_barrier_init(&barrier, NULL, (unsigned)count);
	for (int i = 0; i < count; i++) {
		if (pthread_create(&spans[i].id, NULL, thread, &spans[i]) != 0) {
			return 1;
		}
	}
	for (int i = 0; i < count; i++) {
		pthread_join(spans[i].id, NULL);
		start = spans[i].start < start ? spans[i].start : start;
		end = spans[i].end > end ? spans[i].end : end;
	}
	printf("%.0f\n", (double)all / (end - start));
	return 0;
}
