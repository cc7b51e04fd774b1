/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_wait.c - SIGUSR2 blocked and fetched by sigwait, sigwaitinfo, sigtimedwait
 * host: usr2
 */
#include "signals.h"

static int way;

static void fetch(void)
{
	struct timespec little = {0, 20000000};
	siginfo_t info;
	sigset_t set;
	int sig = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	if (way == 0) {
		sigset_t pending;

		sigpending(&pending);
		if (!sigismember(&pending, SIGUSR2)) {
			return;
		}
		CHECK(sigwait(&set, &sig) == 0 && sig == SIGUSR2);
	} else {
		sig = sigtimedwait(&set, &info, &little);
		if (sig < 0) {
			CHECK(errno == EAGAIN || errno == EINTR);
			return;
		}
		CHECK(sig == SIGUSR2 && info.si_pid == post_pid);
		CHECK(info.si_code != SI_QUEUE || info.si_value.sival_int == heard_count);
	}
	heard();
}

int main(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	churn(1, 3000);
	for (way = 0; way < 2; way++) {
		post(SIGUSR2, 50, false);
		printf("fetched %d\n", posted(fetch));
		post(SIGUSR2, 50, true);
		printf("fetched %d\n", posted(fetch));
	}
	printf("disposition %s\n", disposition(SIGUSR2));
	return done();
}
