/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_signal.c - signal() and its relatives: what they return, what they set, what is counted
 * host: usr2 flags=-Wno-deprecated-declarations
 */
#include "signals.h"

static int others;

static void handler(int sig)
{
	CHECK(sig == SIGUSR2);
	heard();
}

static void other(int sig)
{
	(void)sig;
	others++;
	heard();
}

static const char *name(void (*h)(int))
{
	return h == SIG_DFL   ? "default"
	       : h == SIG_IGN ? "ignored"
	       : h == SIG_ERR ? "error"
	       : h == handler ? "handler"
	       : h == other   ? "other"
			      : "a stranger";
}

int main(void)
{
	int got;
	struct sigaction act;

	printf("signal: %s\n", name(signal(SIGUSR2, handler)));
	sigaction(SIGUSR2, NULL, &act);
	printf("flags %x\n", (unsigned)act.sa_flags & ~0x04000000u);
	post(SIGUSR2, 50, false);
	printf("handled %d\n", posted(NULL));
	printf("signal: %s\n", name(signal(SIGUSR2, other)));
	post(SIGUSR2, 50, false);
	got = posted(NULL);
	printf("handled %d, by the other %d\n", got, others);
	printf("signal: %s\n", name(signal(SIGUSR2, SIG_IGN)));
	printf("signal: %s\n", name(signal(SIGUSR2, SIG_DFL)));
	printf("signal: %s\n", name(signal(SIGUSR2, handler)));
	printf("bad: %s %d", name(signal(0, handler)), errno);
	printf(", %s %d", name(signal(SIGKILL, handler)), errno);
	printf(", %s %d\n", name(signal(SIGUSR2, SIG_ERR)), errno);
	printf("sigset: %s\n", name(sigset(SIGUSR2, other)));
	post(SIGUSR2, 20, false);
	printf("handled %d\n", posted(NULL));
	CHECK(siginterrupt(SIGUSR2, 1) == 0);
	sigaction(SIGUSR2, NULL, &act);
	printf("flags after siginterrupt %x\n", (unsigned)act.sa_flags & ~0x04000000u);
	printf("bsd: %s\n", name(ssignal(SIGUSR2, handler)));
	printf("sysv: %s\n", name(sysv_signal(SIGUSR2, handler)));
	sigaction(SIGUSR2, NULL, &act);
	printf("sysv flags %x\n", (unsigned)act.sa_flags & ~0x04000000u);
	CHECK(sigignore(SIGUSR2) == 0);
	printf("at the end: %s\n", disposition(SIGUSR2));
	return done();
}
