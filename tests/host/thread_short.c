/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_short.c - 10,000 short threads, joined and detached, each allocating
 * host: time=40
 */
#include "host.h"

static int ran;

static void *one(void *arg)
{
	void *p = malloc((size_t)(intptr_t)arg % 3000);

	KEEP(p);
	free(p);
	churn((unsigned)(intptr_t)arg, 5);
	__atomic_add_fetch(&ran, 1, __ATOMIC_RELEASE);
	return NULL;
}

int main(void)
{
	pthread_attr_t detached;
	pthread_t id[10];

	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 900; i++) {
		for (int k = 0; k < 10; k++) {
			MUST(pthread_create(&id[k], NULL, one, (void *)(intptr_t)(i + k)) == 0);
		}
		for (int k = 0; k < 10; k++) {
			MUST(pthread_join(id[k], NULL) == 0);
		}
	}
	for (int i = 0; i < 1000; i++) {
		MUST(pthread_create(&id[0], &detached, one, (void *)(intptr_t)i) == 0);
		while (i % 50 == 49 && __atomic_load_n(&ran, __ATOMIC_ACQUIRE) < 9000 + i) {
			sched_yield();
		}
	}
	while (__atomic_load_n(&ran, __ATOMIC_ACQUIRE) < 10000 || threads_now() > 1) {
		pause_ms(1);
	}
	printf("ran %d\n", ran);
	return done();
}
