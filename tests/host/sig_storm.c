/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_storm.c - timers fire every 100 microseconds into code that allocates: no dead-lock, no loss
 */
#include "host.h"

static int alarms, profs, usr1;

static void handler(int sig)
{
	if (sig == SIGALRM) {
		alarms++;
	} else if (sig == SIGPROF) {
		profs++;
	} else {
		usr1++;
	}
}

int main(void)
{
	struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART};
	struct itimerval fast = {{0, 100}, {0, 100}}, off = {{0, 0}, {0, 0}};

	sigaction(SIGALRM, &act, NULL);
	sigaction(SIGPROF, &act, NULL);
	sigaction(SIGUSR1, &act, NULL);
	setitimer(ITIMER_REAL, &fast, NULL);
	setitimer(ITIMER_PROF, &fast, NULL);
	for (unsigned i = 0; i < 2000; i++) {
		churn(i, 100);
		raise(SIGUSR1);
	}
	setitimer(ITIMER_REAL, &off, NULL);
	setitimer(ITIMER_PROF, &off, NULL);
	printf("USR1 %d, alarms came %d, profiling ticks came %d\n", usr1, alarms > 10, profs > 0);
	return done();
}
