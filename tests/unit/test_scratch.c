/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/scratch.o lib/thread.o */
/*
 * Proves: a buffer belongs to one thread at a time; when all are taken the next one gets none, and
 * does not wait; a forked child has them all.
 * Fails when: two threads can take one buffer, or one that was given back is not found.
 */
#include "scratch.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "apart.h"

#define BUFFERS 32

static unsigned take_all(struct scratch **all)
{
	unsigned n = 0;

	while (n <= BUFFERS && (all[n] = scratch_take()) != NULL) {
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
	struct scratch *all[BUFFERS + 1];

	(void)unused;
	CHECK(take_all(all) == BUFFERS);
	CHECK(scratch_take() == NULL);
	scratch_give(all[7]);
	CHECK(scratch_take() == all[7]);
	CHECK(scratch_take() == NULL);
	scratch_fork_child();
	CHECK(take_all(all) == BUFFERS);
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

static void run_apart(void **state)
{
	assert_int_equal(apart((void (*)(void *)) * state, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"all taken", run_apart, NULL, NULL, (void *)all_taken},
		{"threads", run_apart, NULL, NULL, (void *)threads},
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
