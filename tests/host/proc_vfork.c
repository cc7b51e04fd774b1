/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_vfork.c - vfork: the child shares our memory, allocates there, and leaves by exec or _exit
 */
#include "host.h"

static char *volatile left;

int main(void)
{
	for (int i = 0; i < 60; i++) {
		pid_t pid = vfork();
		int status;

		MUST(pid >= 0);
		if (pid == 0) {
			if (i % 3 == 0) {
				left = malloc(200);
				churn((unsigned)i, 100);
				_exit(4);
			}
			if (i % 3 == 1) {
				execl("/bin/sh", "sh", "-c", "exit 4", (char *)NULL);
			}
			execl("/no/such/file", "x", (char *)NULL);
			_exit(4);
		}
		status = reap(pid);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 4);
		free(left);
		left = NULL;
		churn((unsigned)i, 100);
	}
	return done();
}
