/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_stop.c - stopping and continuing: WUNTRACED, WCONTINUED, and time that went by
 */
#include "host.h"

static int loop(void)
{
	for (unsigned i = 0;; i++) {
		churn(i, 50);
	}
}

int main(void)
{
	pid_t pid = child(loop);
	int status;

	for (int i = 0; i < 5; i++) {
		pause_ms(5);
		CHECK(kill(pid, SIGSTOP) == 0);
		CHECK(TEMP_FAILURE_RETRY(waitpid(pid, &status, WUNTRACED)) == pid);
		CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
		CHECK(kill(pid, SIGCONT) == 0);
		CHECK(TEMP_FAILURE_RETRY(waitpid(pid, &status, WCONTINUED)) == pid);
		CHECK(WIFCONTINUED(status));
	}
	CHECK(kill(pid, SIGTERM) == 0);
	printf("%s\n", ended(reap(pid)));
	return done();
}
