/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_seccomp_errno.c - filters that answer EPERM or raise SIGSYS instead of killing: the host
 * counts what it did itself, nothing more
 * host: wide
 */
#include "sandbox.h"

static int trapped;

static void on_sys(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	trapped++;
}

static int refuses(void)
{
	sandbox_enter(closed_list, LENGTH(closed_list), SECCOMP_RET_ERRNO | EPERM);
	churn(2, 5000);
	CHECK(open("/dev/null", O_RDONLY) == -1 && errno == EPERM);
	say("refused\n");
	exit(host_failed ? 1 : 4);
}

static int traps(void)
{
	static const int list[] = {SYS_read,  SYS_write,    SYS_exit,	 SYS_exit_group,
				   SYS_brk,   SYS_mmap,	    SYS_munmap,	 SYS_mremap,
				   SYS_futex, SYS_mprotect, SYS_madvise, SYS_rt_sigreturn};
	struct sigaction act = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};

	sigaction(SIGSYS, &act, NULL);
	sandbox_enter(list, LENGTH(list), SECCOMP_RET_TRAP);
	churn(2, 5000);
	syscall(SYS_getppid);
	churn(3, 5000);
	if (trapped != 1) {
		say("trapped more than once\n");
	}
	exit(trapped == 1 ? 4 : 1);
}

int main(void)
{
	for (int i = 0; i < 2; i++) {
		printf("%s\n", ended(reap(child(refuses))));
		printf("%s\n", ended(reap(child(traps))));
		fflush(stdout);
		churn(1, 3000);
	}
	return done();
}
