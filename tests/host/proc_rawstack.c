/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_rawstack.c - clone by libc's syscall() with a stack of its own: the child returns from
 * syscall() on that stack, so nothing may stand between the two; and the arguments of syscall()
 * and prctl(), all six of them
 */
#include "host.h"

static char stack[65536] __attribute__((aligned(16)));

static void finish(void)
{
	static const char text[] = "on a new stack\n";

	if (write(1, text, sizeof(text) - 1) < 0) {
		_exit(1);
	}
	free(malloc(300));
	_exit(7);
}

static void arguments(void)
{
	char name[16] = "";
	void *p = (void *)syscall(SYS_mmap, NULL, 4096L, (long)(PROT_READ | PROT_WRITE),
				  (long)(MAP_PRIVATE | MAP_ANONYMOUS), -1L, 0L);
	int fd = open("/proc/self/exe", O_RDONLY);

	CHECK(p != MAP_FAILED);
	CHECK(syscall(SYS_munmap, p, 4096L) == 0);
	p = (void *)syscall(SYS_mmap, NULL, 4096L, (long)PROT_READ, (long)MAP_PRIVATE, (long)fd,
			    4096L);
	CHECK(p != MAP_FAILED);
	errno = 0;
	CHECK(syscall(-1) == -1 && errno == ENOSYS);
	CHECK(syscall(100000) == -1 && errno == ENOSYS);
	CHECK(syscall(SYS_gettid) == getpid());
	CHECK(prctl(PR_SET_NAME, "renamed") == 0);
	CHECK(prctl(PR_GET_NAME, name) == 0 && !strcmp(name, "renamed"));
	CHECK(prctl(PR_GET_DUMPABLE) == 1);
	CHECK(prctl(9999, 1, 2, 3, 4) == -1 && errno == EINVAL);
	CHECK(prctl(PR_GET_SECCOMP) == 0);
	close(fd);
}

int main(void)
{
	for (int i = 0; i < 20; i++) {
		void **top = (void **)(stack + sizeof(stack) -
				       64); /* finish() starts as if it had been called */
		long pid;

		memset(stack, 0, sizeof(stack));
		top[0] = (void *)finish;
		fflush(stdout);
		pid = syscall(SYS_clone, (long)(CLONE_VM | CLONE_VFORK | SIGCHLD), (long)top, 0L,
			      0L, 0L);
		MUST(pid > 0);
		printf("%s\n", ended(reap((pid_t)pid)));
		churn((unsigned)i, 200);
		arguments();
	}
	return done();
}
