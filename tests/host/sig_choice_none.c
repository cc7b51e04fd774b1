/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_choice_none.c - LEAKTRACK_SIGNAL=none: SIGUSR2 is the host's alone
 * host: env=LEAKTRACK_SIGNAL=none usr2 says
 */
#include "signals.h"

static void handler(int sig)
{
	(void)sig;
	heard();
}

static int by_default(void)
{
	for (;;) {
		pause();
	}
}

int main(void)
{
	pid_t pid;

	churn(1, 3000);
	printf("USR2 is %s, caught %llx\n", disposition(SIGUSR2),
	       signal_bits("SigCgt:") >> (SIGUSR2 - 1) & 1);
	pid = child(by_default);
	kill(pid, SIGUSR2);
	printf("%s\n", ended(reap(pid)));
	signal(SIGUSR2, handler);
	post(SIGUSR2, 30, false);
	printf("handled %d\n", posted(NULL));
	return done();
}
