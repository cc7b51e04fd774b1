/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_suspend.c - as HotSpot and old collectors do: SIGUSR2 within the process stops threads, which
 * wait in the handler until told to go on
 * host: usr2 dumps=1
 */
#include "signals.h"
#include <semaphore.h>

#define THREADS 6

static pthread_t ids[THREADS];
static sem_t stopped;
static int stop, world, ready;
static int handled[THREADS];
static __thread int me;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	CHECK(info->si_code == SI_TKILL && info->si_pid == getpid());
	handled[me]++;
	sem_post(&stopped);
	while (__atomic_load_n(&world, __ATOMIC_ACQUIRE)) {
		sched_yield();
	}
	sem_post(&stopped);
}

static void *mutator(void *arg)
{
	me = (int)(intptr_t)arg;
	__atomic_add_fetch(&ready, 1, __ATOMIC_RELEASE);
	for (unsigned i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
		churn(i % 50, 20);
	}
	return NULL;
}

int main(void)
{
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};

	sigaction(SIGUSR2, &act, NULL);
	sem_init(&stopped, 0, 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_create(&ids[i], NULL, mutator, (void *)(intptr_t)i);
	}
	while (__atomic_load_n(&ready, __ATOMIC_ACQUIRE) < THREADS) {
		sched_yield();
	}
	for (int turn = 0; turn < 15; turn++) {
		__atomic_store_n(&world, 1, __ATOMIC_RELEASE);
		for (int i = 0; i < THREADS; i++) {
			CHECK(pthread_kill(ids[i], SIGUSR2) == 0);
		}
		for (int i = 0; i < THREADS; i++) {
			TEMP_FAILURE_RETRY(sem_wait(&stopped));
		}
		__atomic_store_n(&world, 0, __ATOMIC_RELEASE);
		for (int i = 0; i < THREADS; i++) {
			TEMP_FAILURE_RETRY(sem_wait(&stopped));
		}
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(ids[i], NULL);
		printf("thread %d stopped %d times\n", i, handled[i]);
	}
	return done();
}
