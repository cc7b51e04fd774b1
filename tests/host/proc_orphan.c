/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_orphan.c - the parent ends first; its child goes on for a while and writes the last word
 */
#include "host.h"

int main(void)
{
	int fd[2];
	char c;

	churn(1, 3000);
	MUST(pipe(fd) == 0);
	if (fork() == 0) {
		close(fd[1]);
		CHECK(TEMP_FAILURE_RETRY(read(fd[0], &c, 1)) == 0);
		close(fd[0]);
		churn(2, 3000);
		return done();
	}
	return 0;
}
