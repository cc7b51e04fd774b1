/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_seccomp_raw.c - the filter is set by a raw instruction, which no interposed function sees
 *
 * The end is raw too. Samples before, during, and none after that needs the kernel.
 * host: calm=a_request_needs_system_calls
 */
#include "sandbox.h"

static long raw(long nr, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}

static int inside(void)
{
	struct sock_fprog prog =
		sandbox_build(closed_list, LENGTH(closed_list), SECCOMP_RET_KILL_PROCESS);
	void *p[100];

	/* The stacks below are taken before too. */
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 100; i++) {
			p[i] = malloc(700);
		}
		for (int i = 0; i < 100; i++) {
			free(p[i]);
		}
		churn(2, 3000);
		if (round == 0) {
			MUST(raw(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
			MUST(raw(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (long)&prog, 0,
				 0) == 0);
		}
	}
	say("worked inside\n");
	raw(SYS_exit_group, 6, 0, 0, 0, 0);
	return 1;
}

int main(void)
{
	for (int i = 0; i < 3; i++) {
		printf("%s\n", ended(reap(child(inside))));
		fflush(stdout);
		churn((unsigned)i, 2000);
	}
	return done();
}
