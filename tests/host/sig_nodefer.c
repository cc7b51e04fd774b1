/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_nodefer.c - nesting: with SA_NODEFER the handler interrupts itself, without it waits
 * host: usr2 dumps=1
 */
#include "signals.h"

static int depth, deepest, ran;

static void handler(int sig)
{
	sigset_t now;

	depth++;
	ran++;
	deepest = depth > deepest ? depth : deepest;
	sigprocmask(SIG_BLOCK, NULL, &now);
	printf("depth %d: blocked USR1 %d USR2 %d TERM %d\n", depth, sigismember(&now, SIGUSR1),
	       sigismember(&now, SIGUSR2), sigismember(&now, SIGTERM));
	if (ran < 4) {
		raise(sig);
	}
	depth--;
}

static void try(int flags)
{
	struct sigaction act = {.sa_handler = handler, .sa_flags = flags};

	sigaddset(&act.sa_mask, SIGTERM);
	ran = deepest = 0;
	sigaction(SIGUSR2, &act, NULL);
	raise(SIGUSR2);
	printf("ran %d, deepest %d\n", ran, deepest);
}

int main(void)
{
	try(SA_NODEFER);
	try(0);
	try(SA_NODEFER | SA_RESTART);
	try(SA_RESTART);
	return done();
}
