/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_sigaction.c - a handler for SIGUSR2 by sigaction: each delivery once, with its siginfo
 * host: usr2
 */
#include "signals.h"

static int by_value, strange;

static void handler(int sig, siginfo_t *info, void *context)
{
	bool queued = info->si_code == SI_QUEUE;

	if (sig != SIGUSR2 || !context || info->si_pid != post_pid || info->si_uid != getuid() ||
	    info->si_signo != SIGUSR2 || (!queued && info->si_code != SI_USER)) {
		strange++;
	}
	if (queued && info->si_value.sival_int == heard_count) {
		by_value++;
	}
	heard();
}

int main(void)
{
	int got;
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};

	printf("at start: %s\n", disposition(SIGUSR2));
	CHECK(sigaction(SIGUSR2, &act, NULL) == 0);
	printf("now: %s\n", disposition(SIGUSR2));
	post(SIGUSR2, 100, false);
	printf("by kill: %d\n", posted(NULL));
	post(SIGUSR2, 100, true);
	got = posted(NULL);
	printf("by sigqueue: %d, values in order %d, strange %d\n", got, by_value, strange);
	return done();
}
