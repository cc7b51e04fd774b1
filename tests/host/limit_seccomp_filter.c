/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_seccomp_filter.c - a filter that kills on all but a dozen calls: set before the first
 * sample, after many, by prctl and by syscall(), with an ordinary exit() inside it
 * host: calm=it_executes_itself
 */
#include "sandbox.h"

static int stage;

static void enter(void)
{
	struct sock_fprog prog;

	if (stage < 2) {
		sandbox_enter(closed_list, LENGTH(closed_list), SECCOMP_RET_KILL_PROCESS);
		return;
	}
	prog = sandbox_build(closed_list, LENGTH(closed_list), SECCOMP_RET_KILL_PROCESS);
	MUST(syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	if (stage == 2) {
		MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) == 0);
	} else {
		MUST(syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) == 0);
	}
}

static __attribute__((noinline)) void *deeper(int n, size_t size)
{
	void *p = n ? deeper(n - 1, size) : malloc(size);

	KEEP(p);
	return p;
}

static int inside(void)
{
	/* The first malloc of a process asks for random bytes. */
	free(malloc(1));
	if (stage & 1) {
		churn(1, 5000);
	}
	enter();
	churn(2, 5000);
	for (int i = 0; i < 3000; i++) {
		void *p = deeper(i % 30, 2000);

		if (i % 3) {
			free(p);
		}
	}
	say("worked inside\n");
	exit(7);
}

static int execs(void)
{
	char text[] = {(char)('0' + stage), 0};

	exec_self(text);
	return 1;
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		stage = atoi(argv[1]);
		return inside();
	}
	for (stage = 0; stage < 4; stage++) {
		fflush(stdout);
		printf("stage %d: %s\n", stage, ended(reap(child(inside))));
		fflush(stdout);
		printf("stage %d after exec: %s\n", stage, ended(reap(child(execs))));
	}
	return done();
}
