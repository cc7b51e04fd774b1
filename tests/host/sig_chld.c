/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_chld.c - SIGCHLD with siginfo, SA_NOCLDWAIT, SA_NOCLDSTOP: one for each child, no other
 */
#include "host.h"

static pid_t expected;
static int right, wrong;

static void on_chld(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	if (info->si_pid == expected && info->si_code == CLD_EXITED && info->si_status == 6) {
		right++;
	} else {
		wrong++;
	}
}

static int six(void)
{
	churn(1, 500);
	return 6;
}

int main(void)
{
	struct sigaction act = {.sa_sigaction = on_chld, .sa_flags = SA_SIGINFO | SA_RESTART};
	sigset_t set, old;

	churn(1, 3000);
	sigaction(SIGCHLD, &act, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (int i = 0; i < 50; i++) {
		sigprocmask(SIG_BLOCK, &set, &old);
		expected = child(six);
		sigprocmask(SIG_SETMASK, &old, NULL);
		CHECK(reap(expected) == 6 << 8);
	}
	printf("right %d wrong %d\n", right, wrong);
	act.sa_flags |= SA_NOCLDWAIT;
	sigaction(SIGCHLD, &act, NULL);
	child(six);
	CHECK(TEMP_FAILURE_RETRY(wait(NULL)) == -1 && errno == ECHILD);
	return done();
}
