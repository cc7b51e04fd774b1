/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_minstack_first.c - the first malloc and the first sample of a process are made on such a
 * stack: whatever the profiler puts off until then must not need much of it
 */
#include "host.h"

static __attribute__((noinline)) void *one(void *arg)
{
	volatile char room[7 << 10];

	room[0] = 3;
	for (int i = 0; i < 3000; i++) {
		void *p = malloc(700);

		KEEP(p);
		free(p);
	}
	CHECK(room[0] == 3);
	return arg;
}

int main(void)
{
	pthread_attr_t attr;
	pthread_t id;

	pthread_attr_init(&attr);
	CHECK(pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN) == 0);
	MUST(pthread_create(&id, &attr, one, NULL) == 0);
	pthread_join(id, NULL);
	return done();
}
