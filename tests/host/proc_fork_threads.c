/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_fork_threads.c - threads allocate all the time while others fork; children allocate, free
 * what the parent made, and _exit
 * host: time=40
 */
#include "host.h"

static int stop;
static char *shared_block;

static void *busy(void *arg)
{
	for (unsigned i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
		churn(i % 50 + (unsigned)(intptr_t)arg * 1000, 50);
	}
	return NULL;
}

static int in_child(void)
{
	free(shared_block);
	churn(5, 200);
	return 7;
}

static void *forker(void *arg)
{
	for (int i = 0; i < 60; i++) {
		int status = reap(child(in_child));

		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	}
	return arg;
}

int main(void)
{
	pthread_t busy_ids[3];

	shared_block = malloc(300);
	for (int i = 0; i < 3; i++) {
		pthread_create(&busy_ids[i], NULL, busy, NULL);
	}
	crew(2, forker);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < 3; i++) {
		pthread_join(busy_ids[i], NULL);
	}
	return done();
}
