/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_threads.c - SIGUSR2 blocked everywhere but in one thread: that one gets each
 * host: usr2
 */
#include "signals.h"

static pthread_t chosen;
static int wrong;
static int stop;

static void handler(int sig)
{
	(void)sig;
	if (!pthread_equal(pthread_self(), chosen)) {
		wrong++;
	}
	heard();
}

static void *works(void *arg)
{
	sigset_t set;

	if (arg) {
		sigemptyset(&set);
		sigaddset(&set, SIGUSR2);
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	}
	for (unsigned i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
		churn(i % 50, 20);
	}
	return NULL;
}

int main(void)
{
	int got;
	struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART};
	pthread_t id[4];
	sigset_t set;

	sigaction(SIGUSR2, &act, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 4; i++) {
		pthread_create(&id[i], NULL, works, i == 2 ? (void *)1 : NULL);
	}
	chosen = id[2];
	post(SIGUSR2, 60, true);
	got = posted(NULL);
	printf("handled %d, in a wrong thread %d\n", got, wrong);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < 4; i++) {
		pthread_join(id[i], NULL);
	}
	return done();
}
