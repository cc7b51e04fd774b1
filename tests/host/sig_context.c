/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_context.c - a handler that changes the interrupted context: a register, and the signal mask
 * host: usr2
 */
#include "signals.h"
#include <ucontext.h>

static void handler(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	uc->uc_mcontext.gregs[REG_R12] = 77;
	sigaddset(&uc->uc_sigmask, SIGUSR1);
	heard();
}

int main(void)
{
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
	long result;
	sigset_t now, set;

	churn(1, 3000);
	sigaction(SIGUSR2, &act, NULL);
	/* It is let in behind the xor, and not before. */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	post(SIGUSR2, 1, false);
	register long how __asm__("rdi") = SIG_UNBLOCK;
	register sigset_t *unblocked __asm__("rsi") = &set;
	register sigset_t *before __asm__("rdx") = NULL;
	register long bytes __asm__("r10") = 8;

	__asm__ volatile("	xor %%r12d, %%r12d\n"
			 "	mov %5, %%eax\n"
			 "	syscall\n"
			 "1:	pause\n"
			 "	test %%r12, %%r12\n"
			 "	jz 1b\n"
			 "	mov %%r12, %0\n"
			 : "=r"(result)
			 : "r"(how), "r"(unblocked), "r"(before), "r"(bytes),
			   "i"(SYS_rt_sigprocmask)
			 : "r12", "rax", "rcx", "r11", "memory", "cc");
	sigprocmask(SIG_BLOCK, NULL, &now);
	printf("register %ld, USR1 blocked %d\n", result, sigismember(&now, SIGUSR1));
	printf("handled %d\n", posted(NULL));
	return done();
}
