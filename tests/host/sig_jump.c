/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_jump.c - handlers that never return: siglongjmp out of SIGUSR2, again and again
 * host: usr2
 */
#include "signals.h"

static sigjmp_buf back;
static volatile int jumps;

static void handler(int sig)
{
	(void)sig;
	heard();
	siglongjmp(back, 1);
}

static void wait_here(void)
{
	if (sigsetjmp(back, 1) == 0) {
		pause_ms(5);
	} else {
		jumps++;
	}
}

int main(void)
{
	sigset_t set;

	signal(SIGUSR2, handler);
	churn(1, 3000);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	/* Let in only while the program sleeps, so that no lock is left held. */
	if (sigsetjmp(back, 1) == 0) {
		post(SIGUSR2, 60, false);
	} else {
		jumps++; /* the first came before wait_here() */
	}
	for (int n = 0; n < 5000 && heard_count < 60; n++) {
		wait_here();
		sigprocmask(SIG_BLOCK, &set, NULL);
		churn((unsigned)n, 20);
		sigprocmask(SIG_UNBLOCK, &set, NULL);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	printf("handled %d\n", posted(NULL));
	CHECK(jumps > 0);
	return done();
}
