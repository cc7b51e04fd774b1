/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_fork_many.c - 300 children at once, each with a heap: no PID, no folder entry too many
 * host: wide time=30
 */
#include "host.h"

static int go[2];

static int wait_for_word(void)
{
	char c;

	churn(1, 1000);
	close(go[1]);
	CHECK(TEMP_FAILURE_RETRY(read(go[0], &c, 1)) == 0);
	return 0;
}

int main(void)
{
	pid_t pid[300];

	MUST(pipe(go) == 0);
	churn(1, 3000);
	for (int i = 0; i < 300; i++) {
		pid[i] = child(wait_for_word);
	}
	close(go[1]);
	for (int i = 0; i < 300; i++) {
		CHECK(reap(pid[i]) == 0);
	}
	close(go[0]);
	return done();
}
