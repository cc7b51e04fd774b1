/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_pending.c - blocked signals: one is kept pending, real-time ones queue, sigsuspend lets them
 * in host: usr2 dumps=1
 */
#include "signals.h"

static int usr2, rt;

static void handler(int sig)
{
	sig == SIGUSR2 ? usr2++ : rt++;
}

int main(void)
{
	struct sigaction act = {.sa_handler = handler};
	sigset_t set, old, pending, none;

	churn(1, 3000);
	sigaction(SIGUSR2, &act, NULL);
	sigaction(SIGRTMIN + 3, &act, NULL);
	sigemptyset(&set);
	sigemptyset(&none);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGRTMIN + 3);
	sigprocmask(SIG_BLOCK, &set, &old);
	for (int i = 0; i < 10; i++) {
		raise(SIGUSR2);
		raise(SIGRTMIN + 3);
		churn((unsigned)i, 100);
	}
	sigpending(&pending);
	printf("pending %d %d, handled %d %d\n", sigismember(&pending, SIGUSR2),
	       sigismember(&pending, SIGRTMIN + 3), usr2, rt);
	CHECK(sigsuspend(&none) == -1 && errno == EINTR);
	printf("handled %d %d\n", usr2, rt);
	raise(SIGUSR2);
	CHECK(usr2 == 1);
	struct timespec zero = {0, 0};
	CHECK(ppoll(NULL, 0, &zero, &none) == -1 && errno == EINTR);
	CHECK(usr2 == 2);
	raise(SIGUSR2);
	CHECK(pselect(0, NULL, NULL, NULL, &zero, &none) == -1 && errno == EINTR);
	CHECK(usr2 == 3);
	raise(SIGUSR2);
	signal(SIGUSR2, SIG_IGN);
	sigpending(&pending);
	printf("after SIG_IGN pending %d\n", sigismember(&pending, SIGUSR2));
	sigprocmask(SIG_SETMASK, &old, NULL);
	printf("handled %d %d\n", usr2, rt);
	return done();
}
