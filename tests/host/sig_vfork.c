/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_vfork.c - a vfork child shares memory but not dispositions: what it does with SIGUSR2 is its
 * own, and the parent's handler still gets each signal
 * host: usr2
 */
#include "signals.h"

static void handler(int sig)
{
	(void)sig;
	heard();
}

static void other(int sig)
{
	(void)sig;
	_exit(77);
}

static void vfork_and(int way)
{
	pid_t pid = vfork();

	MUST(pid >= 0);
	if (pid == 0) {
		struct sigaction act = {.sa_handler = way == 0	 ? SIG_IGN
						      : way == 1 ? SIG_DFL
								 : other};

		sigaction(SIGUSR2, &act, NULL);
		if (way == 3) {
			signal(SIGUSR2, SIG_IGN);
			execl("/bin/sh", "sh", "-c", "kill -USR2 $$; exit 4", (char *)NULL);
		}
		_exit(4);
	}
	CHECK(reap(pid) == 4 << 8);
	printf("way %d: %s\n", way, disposition(SIGUSR2));
	post(SIGUSR2, 10, false);
	printf("handled %d\n", posted(NULL));
}

int main(void)
{
	signal(SIGUSR2, handler);
	churn(1, 3000);
	for (int way = 0; way < 4; way++) {
		vfork_and(way);
	}
	return done();
}
