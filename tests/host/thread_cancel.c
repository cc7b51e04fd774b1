/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_cancel.c - a pending cancellation acts at pthread_testcancel, never inside malloc
 *
 * A profiler that calls cancellation points of libc (open, write, pthread_once) on the malloc path
 * dies there, with its locks held.
 */
#include "host.h"

static pthread_barrier_t gate;
static int phase, cleaned;

static void clean(void *arg)
{
	*(int *)arg = __atomic_load_n(&phase, __ATOMIC_RELAXED);
	churn(8, 200);
	__atomic_add_fetch(&cleaned, 1, __ATOMIC_RELAXED);
}

static void *pending(void *arg)
{
	int at = 0;

	pthread_cleanup_push(clean, &at);
	pthread_barrier_wait(&gate);
	pthread_barrier_wait(&gate);
	phase = 1;
	churn((unsigned)(intptr_t)arg, 3000);
	phase = 2;
	pthread_testcancel();
	phase = 3;
	pthread_cleanup_pop(1);
	return NULL;
}

static void *in_calls(void *arg)
{
	int at;

	pthread_cleanup_push(clean, &at);
	for (unsigned i = 0;; i++) {
		int old;

		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
		churn(i, 20);
		pthread_setcancelstate(old, NULL);
		pthread_testcancel();
	}
	pthread_cleanup_pop(1);
	return arg;
}

static void *computes(void *arg)
{
	int old;

	churn(1, 1000);
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
	for (;;) {
		KEEP(arg);
	}
}

static void *sleeps(void *arg)
{
	int at;

	pthread_cleanup_push(clean, &at);
	free(malloc(5000));
	for (;;) {
		pause();
	}
	pthread_cleanup_pop(1);
	return arg;
}

static void cancelled(pthread_t id)
{
	void *result;

	CHECK(pthread_cancel(id) == 0);
	CHECK(pthread_join(id, &result) == 0);
	CHECK(result == PTHREAD_CANCELED);
}

int main(void)
{
	pthread_t id;
	void *result;

	pthread_barrier_init(&gate, NULL, 2);
	for (int i = 0; i < 50; i++) {
		phase = 0;
		pthread_create(&id, NULL, pending, (void *)(intptr_t)i);
		pthread_barrier_wait(&gate);
		pthread_cancel(id);
		pthread_barrier_wait(&gate);
		pthread_join(id, &result);
		CHECK(result == PTHREAD_CANCELED && phase == 2);
		pthread_create(&id, NULL, in_calls, NULL);
		pause_ms(1);
		cancelled(id);
		pthread_create(&id, NULL, computes, NULL);
		cancelled(id);
		pthread_create(&id, NULL, sleeps, NULL);
		cancelled(id);
	}
	churn(1, 2000);
	return done();
}
