/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/scratch.o lib/thread.o */
/*
 * Proves: a buffer belongs to one thread at a time; when all are taken the next one gets none, and
 * does not wait; a thread that was jumped out of has one buffer and no more, and gives it back; a
 * forked child has those of the other threads.
 * Fails when: two threads can take one buffer, or one that was given back, or left, is lost.
 */
#include "scratch.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "apart.h"

#define BUFFERS 32

static sem_t taken;

static void *take_and_stay(void *argument)
{
	struct scratch **one = argument;

	*one = scratch_take();
	(void)sem_post(&taken);
	for (;;) {
		(void)pause();
	}
	return NULL;
}

/* A thread that has a buffer and does not end. */
static struct scratch *take_elsewhere(void)
{
	struct scratch *one = NULL;
	pthread_t id;

	CHECK(pthread_create(&id, NULL, take_and_stay, &one) == 0);
	CHECK(sem_wait(&taken) == 0);
	return one;
}

static unsigned take_all(struct scratch **all)
{
	unsigned n = 0;

	while (n <= BUFFERS && (all[n] = take_elsewhere()) != NULL) {
		for (unsigned i = 0; i < n; i++) {
			CHECK(all[i] != all[n]);
		}
		all[n]->pcs[UNWIND_DEPTH_MAX] = n;
		n++;
	}
	return n;
}

static void all_taken(void *unused)
{
	struct scratch *all[BUFFERS + 1], *own;

	(void)unused;
	CHECK(take_all(all) == BUFFERS);
	CHECK(scratch_take() == NULL);
	scratch_give(all[7]);
	CHECK((own = scratch_take()) == all[7]);
	CHECK(take_elsewhere() == NULL);
	scratch_fork_child();
	CHECK(take_all(all) == BUFFERS - 1); /* not our own */
}

/* It takes and takes, and gives nothing: each time it was jumped out of. */
static void jumped_out(void *unused)
{
	struct scratch *all[BUFFERS + 1], *own = scratch_take();

	(void)unused;
	CHECK(own != NULL);
	for (int i = 0; i < 100; i++) {
		CHECK(scratch_take() == own);
	}
	CHECK(take_all(all) == BUFFERS - 1);
	scratch_recover();
	CHECK(take_elsewhere() == own);
}

static void *take_and_end(void *argument)
{
	*(struct scratch **)argument = scratch_take();
	return NULL;
}

/* Threads that were cancelled in a sample: glibc gives their place to the next ones. */
static void cancelled(void *unused)
{
	struct scratch *one, *all[BUFFERS + 1];
	pthread_t id;

	(void)unused;
	for (int i = 0; i < 200; i++) {
		one = NULL;
		CHECK(pthread_create(&id, NULL, take_and_end, &one) == 0);
		CHECK(pthread_join(id, NULL) == 0 && one != NULL);
	}
	CHECK(take_all(all) >= BUFFERS - 1);
}

/* More threads than buffers; each writes its own mark, and finds it again. */
static void *use_often(void *argument)
{
	uintptr_t mark = (uintptr_t)argument;

	for (int i = 0; i < 20000 / LESS; i++) {
		struct scratch *s = scratch_take();

		if (s != NULL) {
			s->pcs[0] = mark;
			s->pcs[UNWIND_DEPTH_MAX] = mark;
			CHECK(s->pcs[0] == mark && s->pcs[UNWIND_DEPTH_MAX] == mark);
			scratch_give(s);
		}
	}
	return NULL;
}

static void threads(void *unused)
{
	enum { THREADS = 40 };
	pthread_t ids[THREADS];
	struct scratch *all[BUFFERS + 1];

	(void)unused;
	for (uintptr_t t = 0; t < THREADS; t++) {
		CHECK(pthread_create(&ids[t], NULL, use_often, (void *)t) == 0);
	}
	for (uintptr_t t = 0; t < THREADS; t++) {
		CHECK(pthread_join(ids[t], NULL) == 0);
	}
	CHECK(take_all(all) == BUFFERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"all taken", apart_test, NULL, NULL, (void *)all_taken},
		{"jumped out", apart_test, NULL, NULL, (void *)jumped_out},
		{"cancelled", apart_test, NULL, NULL, (void *)cancelled},
		{"threads", apart_test, NULL, NULL, (void *)threads},
	};

	sem_init(&taken, 0, 0); /* each piece has a copy */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
