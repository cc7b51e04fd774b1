/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_ptrace.c - a tracer that counts its child's stops, and system calls between two markers
 *
 * The child allocates a little from a heap that is there: between the markers a bare program makes
 * no system call at all, and a profiler only where a stack is new to it.
 * host: calm=the_tracer_counts_stops
 */
#include "host.h"
#include <sys/ptrace.h>
#include <sys/user.h>

static int traced(void)
{
	void *p[50];

	churn(1, 20000);
	/* The first round is before the markers: it learns the stacks of the others. */
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 50; i++) {
			p[i] = malloc(100);
		}
		for (int i = 0; i < 50; i++) {
			free(p[i]);
		}
		if (round == 0) {
			MUST(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
			raise(SIGSTOP);
		}
	}
	syscall(SYS_getppid);
	_exit(3);
}

int main(void)
{
	pid_t pid = child(traced);
	int status, calls = 0;

	MUST(TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) == pid);
	NEED(WIFSTOPPED(status), "no ptrace here");
	CHECK(WSTOPSIG(status) == SIGSTOP);
	for (;;) {
		struct user_regs_struct regs;

		MUST(ptrace(PTRACE_SYSCALL, pid, 0, 0) == 0);
		MUST(TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) == pid);
		if (!WIFSTOPPED(status)) {
			break;
		}
		CHECK(WSTOPSIG(status) == SIGTRAP);
		MUST(ptrace(PTRACE_GETREGS, pid, 0, &regs) == 0);
		if (regs.orig_rax == SYS_getppid) {
			MUST(ptrace(PTRACE_CONT, pid, 0, 0) == 0);
			MUST(TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) == pid);
			break;
		}
		calls++;
	}
	/* A stack that is new to a profiler may take a few; one for each malloc may not. */
	CHECK(calls < 40);
	printf("child: %s\n", ended(status));
	return done();
}
