/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_c11.c - C11 threads, condition variables, robust and timed mutexes, tryjoin, once
 */
#include "host.h"
#include <threads.h>

static once_flag once = ONCE_FLAG_INIT;
static mtx_t lock;
static cnd_t cond;
static tss_t key;
static int turns, inits;

static void init(void)
{
	free(malloc(3000));
	inits++;
}

static int work(void *arg)
{
	call_once(&once, init);
	tss_set(key, malloc(200));
	for (int i = 0; i < 100; i++) {
		mtx_lock(&lock);
		free(malloc((size_t)i * 30));
		turns++;
		cnd_broadcast(&cond);
		mtx_unlock(&lock);
	}
	return (int)(intptr_t)arg;
}

static pthread_mutex_t robust;

static void *dies_with_lock(void *arg)
{
	pthread_mutex_lock(&robust);
	churn(1, 100);
	return arg;
}

int main(void)
{
	thrd_t id[8];
	pthread_t p;
	pthread_mutexattr_t attr;
	int result, sum = 0;

	mtx_init(&lock, mtx_plain);
	cnd_init(&cond);
	tss_create(&key, free);
	for (int i = 0; i < 8; i++) {
		MUST(thrd_create(&id[i], work, (void *)(intptr_t)i) == thrd_success);
	}
	mtx_lock(&lock);
	while (turns < 800) {
		cnd_wait(&cond, &lock);
	}
	mtx_unlock(&lock);
	for (int i = 0; i < 8; i++) {
		thrd_join(id[i], &result);
		sum += result;
	}
	printf("sum %d turns %d inits %d\n", sum, turns, inits);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&robust, &attr);
	pthread_create(&p, NULL, dies_with_lock, NULL);
	while (pthread_tryjoin_np(p, NULL) == EBUSY) {
		sched_yield();
	}
	CHECK(pthread_mutex_lock(&robust) == EOWNERDEAD);
	pthread_mutex_consistent(&robust);
	pthread_mutex_unlock(&robust);
	cnd_destroy(&cond);
	return done();
}
