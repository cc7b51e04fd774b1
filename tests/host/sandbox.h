/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox.h - seccomp filters: a list of allowed system calls, anything else ends the process
 *
 * closed_list is what a program needs that only computes: read, write, its heap, locks, and its
 * end.
 */
#ifndef HOST_SANDBOX_H
#define HOST_SANDBOX_H

#include "host.h"
#include <linux/filter.h>
#include <linux/seccomp.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

HOST_UNUSED static const int closed_list[] = {
	SYS_read,   SYS_write,	SYS_exit,  SYS_exit_group, SYS_brk,	SYS_mmap,
	SYS_munmap, SYS_mremap, SYS_futex, SYS_mprotect,   SYS_madvise, SYS_rt_sigreturn,
};

/* sandbox_build - a program that allows the n calls and answers any other with `otherwise` */
HOST_UNUSED static struct sock_fprog sandbox_build(const int *calls, size_t n, unsigned otherwise)
{
	static struct sock_filter code[128];
	size_t at = 0;

	code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						  offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < n; i++) {
		code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							  (unsigned)calls[i], 0, 1);
		code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, otherwise);
	return (struct sock_fprog){.len = (unsigned short)at, .filter = code};
}

HOST_UNUSED static void sandbox_enter(const int *calls, size_t n, unsigned otherwise)
{
	struct sock_fprog prog = sandbox_build(calls, n, otherwise);

	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	NEED(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0, "no seccomp filters here");
}

/* A word on stdout by one write, and nothing else. */
HOST_UNUSED static void say(const char *text)
{
	if (write(1, text, strlen(text)) < 0) {
		host_failed = 1;
	}
}

#endif
