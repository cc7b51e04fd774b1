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
	sigset_t now;

	churn(1, 3000);
	sigaction(SIGUSR2, &act, NULL);
	post(SIGUSR2, 1, false);
	__asm__ volatile("	xor %%r12d, %%r12d\n"
			 "1:	pause\n"
			 "	test %%r12, %%r12\n"
			 "	jz 1b\n"
			 "	mov %%r12, %0\n"
			 : "=r"(result)
			 :
			 : "r12", "cc");
	sigprocmask(SIG_BLOCK, NULL, &now);
	printf("register %ld, USR1 blocked %d\n", result, sigismember(&now, SIGUSR1));
	printf("handled %d\n", posted(NULL));
	return done();
}
