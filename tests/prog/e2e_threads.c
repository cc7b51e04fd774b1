/* SPDX-License-Identifier: Apache-2.0 */
/*
 * e2e_threads THREADS COUNT - each thread leaks COUNT blocks of 500 bytes and frees as many
 *
 * Half of the blocks that are freed are freed by another thread than the one that allocated them,
 * and one in four is moved by realloc on the way. After that the threads end; new ones come.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define MAILBOXES 64

static _Atomic(void *) mail[MAILBOXES];
static long count;

static __attribute__((noinline)) void *leak(void)
{
	return malloc(500);
}

static __attribute__((noinline)) void *lend(void)
{
	return malloc(700);
}

static void *work(void *seed)
{
	unsigned at = (unsigned)(size_t)seed;

	for (long i = 0; i < count; i++) {
		void *block = lend();

		if (!leak()) {
			abort();
		}
		if (i % 4 == 0) {
			block = realloc(block, 900);
		}
		if (i % 2 == 0) {
			block = atomic_exchange(&mail[at++ % MAILBOXES], block);
		}
		free(block);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 8;
	pthread_t thread[64];

	count = argc > 2 ? atol(argv[2]) : 10000;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < threads && i < 64; i++) {
			pthread_create(&thread[i], NULL, work, (void *)(size_t)i);
		}
		for (int i = 0; i < threads && i < 64; i++) {
			pthread_join(thread[i], NULL);
		}
	}
	for (int i = 0; i < MAILBOXES; i++) {
		free(mail[i]);
	}
	return 0;
}
