/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_group.c - process groups: kill(0) and kill(-group) reach the members and nobody else
 * host: wide
 */
#include "host.h"

static int member(void)
{
	churn(1, 500);
	for (;;) {
		pause();
	}
}

int main(void)
{
	int status, n = 0;
	pid_t first;

	churn(1, 3000);
	for (int round = 0; round < 5; round++) {
		first = child(member);
		setpgid(first, first);
		for (int i = 0; i < 3; i++) {
			setpgid(child(member), first);
		}
		pause_ms(10);
		CHECK(kill(-first, SIGTERM) == 0);
		while (TEMP_FAILURE_RETRY(waitpid(-first, &status, 0)) > 0) {
			CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
			n++;
		}
		CHECK(kill(-first, 0) == -1 && errno == ESRCH);
	}
	printf("members %d\n", n);
	return done();
}
