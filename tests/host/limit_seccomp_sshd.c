/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_seccomp_sshd.c - the sandbox of sshd's child before authentication: what it allows, call by
 * call, and a long wait inside. Returning from a signal handler is not allowed
 * host: wide
 */
#include "sandbox.h"
#include <poll.h>

static const int sshd_list[] = {
	SYS_brk,	  SYS_clock_gettime,  SYS_close,
	SYS_exit,	  SYS_exit_group,     SYS_futex,
	SYS_getpid,	  SYS_getppid,	      SYS_gettid,
	SYS_gettimeofday, SYS_getuid,	      SYS_madvise,
	SYS_mmap,	  SYS_mprotect,	      SYS_mremap,
	SYS_munmap,	  SYS_nanosleep,      SYS_clock_nanosleep,
	SYS_poll,	  SYS_ppoll,	      SYS_pselect6,
	SYS_read,	  SYS_rt_sigprocmask, SYS_select,
	SYS_shutdown,	  SYS_time,	      SYS_write,
	SYS_getrandom,
};

static int word[2];

static int inside(void)
{
	struct pollfd ready = {word[0], POLLIN, 0};
	char c;

	churn(1, 2000);
	sandbox_enter(sshd_list, LENGTH(sshd_list), SECCOMP_RET_KILL_PROCESS);
	churn(2, 3000);
	if (poll(&ready, 1, -1) != 1 || read(word[0], &c, 1) != 1) {
		say("interrupted\n");
	}
	churn(3, 3000);
	say("done inside\n");
	_exit(4);
}

int main(void)
{
	for (int i = 0; i < 3; i++) {
		pid_t pid;

		MUST(pipe(word) == 0);
		fflush(stdout);
		pid = child(inside);
		pause_ms(60);
		MUST(write(word[1], "x", 1) == 1);
		printf("%s\n", ended(reap(pid)));
		close(word[0]);
		close(word[1]);
	}
	return done();
}
