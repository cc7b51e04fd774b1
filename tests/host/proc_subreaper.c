/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_subreaper.c - a subreaper inherits exactly its own orphans
 * host: wide
 */
#include "host.h"

static int leave_orphans(void)
{
	for (int i = 0; i < 3; i++) {
		if (fork() == 0) {
			churn(2, 500);
			exit(4);
		}
	}
	exit(1);
}

int main(void)
{
	int orphans = 0, parents = 0, status;

	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	churn(1, 3000);
	for (int i = 0; i < 10; i++) {
		child(leave_orphans);
	}
	while (TEMP_FAILURE_RETRY(wait(&status)) > 0) {
		if (WIFEXITED(status) && WEXITSTATUS(status) == 4) {
			orphans++;
		} else if (WIFEXITED(status) && WEXITSTATUS(status) == 1) {
			parents++;
		} else {
			printf("stranger: %s\n", ended(status));
		}
	}
	printf("%d parents, %d orphans\n", parents, orphans);
	return done();
}
