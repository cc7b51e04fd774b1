/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_seccomp_waits.c - a sandbox that forbids little: what waits in it is not cut short by a
 * signal that the program has never heard of; a probe for seccomp that fails comes before it
 * host: murder
 */
#include "sandbox.h"
#include <poll.h>

/* Everything but these may be called. */
static const int forbidden[] = {SYS_openat, SYS_rename, SYS_unlink, SYS_socket, SYS_ptrace};

static void close_sandbox(void)
{
	static struct sock_filter code[16];
	unsigned n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < LENGTH(forbidden); i++) {
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							 (unsigned)forbidden[i], 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	struct sock_fprog program = {.len = (unsigned short)n, .filter = code};

	CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) == -1);
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	NEED(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0,
	     "no seccomp filters here");
}

int main(void)
{
	static char big[1 << 20];
	int ends[2];

	MUST(pipe(ends) == 0);
	pid_t reader = fork();

	if (reader == 0) {
		char part[8192];

		close(ends[1]);
		while (read(ends[0], part, sizeof(part)) > 0) {
			pause_ms(1);
		}
		_exit(0);
	}
	close_sandbox();
	for (int i = 0; i < 10; i++) {
		struct timeval t = {0, 20000};
		fd_set none;

		FD_ZERO(&none);
		CHECK(select(0, &none, NULL, NULL, &t) == 0);
		CHECK(poll(NULL, 0, 20) == 0);
		CHECK(usleep(20000) == 0);
		churn((unsigned)i, 100);
	}
	CHECK(write(ends[1], big, sizeof(big)) == sizeof(big));
	close(ends[1]);
	printf("reader: %s\n", ended(reap(reader)));
	close(ends[0]);
	puts(host_failed ? "failed" : "ok");
	fflush(stdout);
	_exit(host_failed);
}
