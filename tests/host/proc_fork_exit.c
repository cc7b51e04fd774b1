/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_fork_exit.c - children that end by exit() with stdio and atexit handlers, one level after
 * another, six deep
 * host: wide
 */
#include "host.h"

static int depth;

static void bye(void)
{
	churn((unsigned)depth, 300);
	printf("level %d leaves\n", depth);
}

static int descend(void)
{
	pid_t pid;
	int status;

	churn((unsigned)depth, 1000);
	if (depth == 6) {
		exit(6);
	}
	depth++;
	fflush(stdout);
	pid = fork();
	MUST(pid >= 0);
	if (pid == 0) {
		exit(descend());
	}
	depth--;
	status = reap(pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == (depth == 5 ? 6 : depth + 1));
	return depth;
}

int main(void)
{
	atexit(bye);
	descend();
	return done();
}
