/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_ownstack.c - stacks that the program gives its threads: from malloc, static, mapped with
 * and without guards, reused and unmapped at once
 */
#include "host.h"

static char static_stack[1 << 17] __attribute__((aligned(4096)));

static void *work(void *arg)
{
	churn((unsigned)(intptr_t)arg, 500);
	return NULL;
}

static void run_on(void *stack, size_t size)
{
	pthread_attr_t attr;
	pthread_t id;

	pthread_attr_init(&attr);
	MUST(pthread_attr_setstack(&attr, stack, size) == 0);
	MUST(pthread_create(&id, &attr, work, stack) == 0);
	pthread_join(id, NULL);
	pthread_attr_destroy(&attr);
}

int main(void)
{
	pthread_attr_t attr;
	pthread_t id;
	void *p;

	for (int i = 0; i < 50; i++) {
		p = memalign(64, 100000);
		run_on(p, 100000);
		free(p);
		run_on(static_stack, sizeof(static_stack));
		p = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		run_on(p, 1 << 16);
		munmap(p, 1 << 16);
	}
	pthread_attr_init(&attr);
	pthread_attr_setguardsize(&attr, 0);
	pthread_attr_setstacksize(&attr, 1 << 16);
	for (int i = 0; i < 100; i++) {
		pthread_create(&id, &attr, work, NULL);
		pthread_join(id, NULL);
	}
	return done();
}
