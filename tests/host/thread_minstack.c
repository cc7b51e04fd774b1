/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_minstack.c - stacks of PTHREAD_STACK_MIN with 7 KiB of frames in use when malloc is called
 */
#include "host.h"

static __attribute__((noinline)) void with_frames(size_t bytes)
{
	volatile char room[7 << 10];

	room[0] = 1;
	room[sizeof(room) - 1] = 2;
	for (int i = 0; i < 400; i++) {
		void *p = malloc(bytes + (size_t)i), *q = calloc(1, 10);

		KEEP(p);
		p = realloc(p, 50);
		free(p);
		free(q);
		p = memalign(64, 100);
		free(p);
	}
	CHECK(room[0] == 1 && room[sizeof(room) - 1] == 2);
}

static void *one(void *arg)
{
	with_frames((size_t)(intptr_t)arg);
	return NULL;
}

int main(void)
{
	pthread_attr_t attr;
	pthread_t id[16];

	pthread_attr_init(&attr);
	CHECK(pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN) == 0);
	for (int round = 0; round < 30; round++) {
		for (int i = 0; i < 16; i++) {
			MUST(pthread_create(&id[i], &attr, one, (void *)(intptr_t)(i * 40)) == 0);
		}
		for (int i = 0; i < 16; i++) {
			pthread_join(id[i], NULL);
		}
	}
	return done();
}
