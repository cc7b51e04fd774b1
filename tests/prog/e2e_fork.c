/* SPDX-License-Identifier: Apache-2.0 */
/*
 * e2e_fork - leak 10 blocks of 1,000 bytes, fork; the child leaks 10 of 3,000 more, the parent 10
 * of 5,000; prints both pids. With the word 'vfork' the child is a vfork one that only leaves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *volatile sink;

static __attribute__((noinline)) void forget_before(void)
{
	for (int i = 0; i < 10; i++) {
		sink = malloc(1000);
	}
}

static __attribute__((noinline)) void forget_in_child(void)
{
	for (int i = 0; i < 10; i++) {
		sink = malloc(3000);
	}
}

static __attribute__((noinline)) void forget_in_parent(void)
{
	for (int i = 0; i < 10; i++) {
		sink = malloc(5000);
	}
}

int main(int argc, char **argv)
{
	int status;
	pid_t child;

	forget_before();
	if (argc > 1 && strcmp(argv[1], "vfork") == 0) {
		child = vfork();
		if (child == 0) {
			_exit(0);
		}
	} else {
		child = fork();
		if (child == 0) {
			forget_in_child();
			return 0;
		}
	}
	forget_in_parent();
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
		return 1;
	}
	if (waitpid(-1, &status, 0) != -1) {
		fputs("a child that is not mine\n", stderr);
		return 1;
	}
	printf("%d %d\n", (int)getpid(), (int)child);
	return 0;
}
