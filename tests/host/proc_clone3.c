/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_clone3.c - children by clone3 and clone: on small stacks of their own, sharing memory or
 * not, with and without the parent waiting, that allocate, exit and execute
 */
#include "host.h"
#include <linux/sched.h>

static int small_child(void *arg)
{
	for (int i = 0; i < 50; i++) {
		char *p = malloc(300000);

		p[0] = 1;
		free(p);
	}
	return (int)(intptr_t)arg;
}

static int exec_child(void *arg)
{
	char *argv[] = {(char *)"true", NULL};

	(void)arg;
	free(malloc(100000));
	execv("/bin/true", argv);
	_exit(9);
}

static long clone3_raw(uint64_t flags, int signal)
{
	struct clone_args args = {.flags = flags, .exit_signal = (uint64_t)signal};

	return syscall(SYS_clone3, &args, sizeof(args));
}

int main(void)
{
	char *stack =
		mmap(NULL, 3 * 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *top = stack + 16384;
	const int flags[] = {SIGCHLD,
			     CLONE_VM | CLONE_VFORK | SIGCHLD,
			     CLONE_VFORK | SIGCHLD,
			     CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_FS | SIGCHLD,
			     CLONE_VM | CLONE_VFORK | CLONE_SIGHAND | SIGCHLD,
			     CLONE_FILES | SIGCHLD};

	mprotect(stack, 8192, PROT_NONE);
	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		for (int round = 0; round < 20; round++) {
			pid_t pid = clone(small_child, top, flags[i], (void *)7L);

			MUST(pid > 0);
			if (round == 0) {
				printf("clone %x: %s\n", flags[i], ended(reap(pid)));
			} else {
				reap(pid);
			}
			if ((flags[i] & CLONE_SIGHAND) == 0) {
				pid = clone(exec_child, top, flags[i], NULL);
				CHECK(reap(pid) == 0);
			}
		}
	}
	for (int round = 0; round < 50; round++) {
		long pid = clone3_raw(round % 2 ? CLONE_CLEAR_SIGHAND : 0, SIGCHLD);

		if (pid < 0 && errno == ENOSYS) {
			break;
		}
		MUST(pid >= 0);
		if (pid == 0) {
			churn((unsigned)round, 200);
			_exit(3);
		}
		CHECK(WEXITSTATUS(reap((pid_t)pid)) == 3);
	}
	munmap(stack, 3 * 8192);
	churn(1, 1000);
	return done();
}
