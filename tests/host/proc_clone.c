/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_clone.c - raw clone: forks that no atfork handler sees, children in our memory, clone3
 */
#include "host.h"
#include <linux/sched.h>

static char stack[65536] __attribute__((aligned(16)));

static int in_memory(void *arg)
{
	churn(3, 300);
	*(void **)arg = malloc(99);
	_exit(6);
}

static int plain(void *arg)
{
	free(*(void **)arg);
	churn(4, 500);
	_exit(6);
}

static void want(pid_t pid, int code)
{
	int status = 0;

	MUST(pid > 0);
	CHECK(TEMP_FAILURE_RETRY(waitpid(pid, &status, __WALL)) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == code);
}

int main(void)
{
	void *block = malloc(40);
	struct clone_args args = {.exit_signal = SIGCHLD};
	long pid;

	churn(1, 2000);
	for (int i = 0; i < 40; i++) {
		pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
		if (pid == 0) {
			churn(2, 500);
			_exit(3);
		}
		want((pid_t)pid, 3);
		pid = syscall(SYS_clone3, &args, sizeof(args));
		if (pid == 0) {
			churn(2, 500);
			_exit(3);
		}
		want((pid_t)pid, 3);
		want(clone(plain, stack + sizeof(stack), SIGCHLD, &block), 6);
		want(clone(plain, stack + sizeof(stack), CLONE_FILES | CLONE_FS, &block), 6);
		free(block);
		block = NULL;
		want(clone(in_memory, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD,
			   &block),
		     6);
		CHECK(block);
	}
	free(block);
	return done();
}
