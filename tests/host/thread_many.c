/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_many.c - 1,000 threads at once, asleep with a block each, then woken
 * host: time=30
 */
#include "host.h"

static pthread_barrier_t gate;

static void *one(void *arg)
{
	void *p = malloc(1000);

	pthread_barrier_wait(&gate);
	free(p);
	churn((unsigned)(intptr_t)arg, 20);
	return NULL;
}

int main(void)
{
	pthread_t id[1000];
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	pthread_barrier_init(&gate, NULL, 1001);
	for (int i = 0; i < 1000; i++) {
		MUST(pthread_create(&id[i], &attr, one, (void *)(intptr_t)i) == 0);
	}
	printf("threads %d\n", threads_now());
	pthread_barrier_wait(&gate);
	for (int i = 0; i < 1000; i++) {
		pthread_join(id[i], NULL);
	}
	return done();
}
