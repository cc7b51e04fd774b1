/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_default.c - a signal that a process sends to itself is no request: by default it ends it
 * host: usr2
 */
#include "signals.h"

static int by_raise(void)
{
	raise(SIGUSR2);
	return 1;
}

static int by_kill(void)
{
	kill(getpid(), SIGUSR2);
	return 2;
}

static int by_pthread_kill(void)
{
	pthread_kill(pthread_self(), SIGUSR2);
	return 3;
}

static int by_sigqueue(void)
{
	sigqueue(getpid(), SIGUSR2, (union sigval){.sival_int = 4});
	return 4;
}

static int after_handler(void)
{
	signal(SIGUSR2, SIG_IGN);
	raise(SIGUSR2);
	signal(SIGUSR2, SIG_DFL);
	raise(SIGUSR2);
	return 5;
}

static int blocked_first(void)
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, &old);
	raise(SIGUSR2);
	churn(1, 1000);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return 6;
}

int main(void)
{
	int (*const ways[])(void) = {by_raise,	  by_kill,	 by_pthread_kill,
				     by_sigqueue, after_handler, blocked_first};
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	for (int i = 0; i < 6; i++) {
		printf("way %d: %s\n", i, ended(reap(child(ways[i]))));
	}
	churn(1, 5000);
	for (int i = 0; i < 6; i++) {
		printf("way %d: %s\n", i, ended(reap(child(ways[i]))));
	}
	printf("shell: %d\n", system("kill -USR2 $$"));
	return done();
}
