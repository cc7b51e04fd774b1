/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_deathsig.c - PR_SET_PDEATHSIG: the child hears of its parent's end, not before
 */
#include "host.h"

static int parent_part(void)
{
	int fd[2];
	char c;

	MUST(pipe(fd) == 0);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		churn(2, 2000);
		CHECK(write(fd[1], "x", 1) == 1);
		for (;;) {
			pause();
		}
	}
	CHECK(TEMP_FAILURE_RETRY(read(fd[0], &c, 1)) == 1);
	churn(1, 2000);
	pause_ms(20);
	return 1;
}

int main(void)
{
	int status;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	CHECK(reap(child(parent_part)) == 1 << 8);
	CHECK(TEMP_FAILURE_RETRY(wait(&status)) > 0);
	printf("grandchild: %s\n", ended(status));
	return done();
}
