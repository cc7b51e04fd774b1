/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_deep.c - 100,000 frames deep: the profiler cuts the stack, it does not overflow its own
 * host: slow
 */
#include "host.h"

static __attribute__((noinline)) long down(long n)
{
	void *p = NULL;
	long r;

	if (n % 1000 == 0) {
		p = malloc(5000);
	}
	r = n ? down(n - 1) + 1 : 0;
	free(p);
	return r;
}

static void *work(void *arg)
{
	for (int i = 0; i < 4; i++) {
		CHECK(down((long)(intptr_t)arg) == (long)(intptr_t)arg);
	}
	return NULL;
}

int main(void)
{
	pthread_attr_t attr;
	pthread_t id;

	work((void *)80000);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 20);
	pthread_create(&id, &attr, work, (void *)300000);
	pthread_join(id, NULL);
	return done();
}
