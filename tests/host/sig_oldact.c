/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_oldact.c - what sigaction says was set before: handler, flags and mask exactly as given
 * host: usr2
 */
#include "signals.h"

static void handler(int sig)
{
	(void)sig;
}

static void info_handler(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
}

static void show(const struct sigaction *act)
{
	printf("%s flags %x mask",
	       act->sa_handler == handler	   ? "handler"
	       : act->sa_sigaction == info_handler ? "info"
	       : act->sa_handler == SIG_DFL	   ? "default"
	       : act->sa_handler == SIG_IGN	   ? "ignored"
						   : "a stranger",
	       (unsigned)act->sa_flags);
	for (int s = 1; s < 65; s++) {
		if (sigismember(&act->sa_mask, s) == 1) {
			printf(" %d", s);
		}
	}
	puts("");
}

static void all(int sig)
{
	static const int flags[] = {0,
				    SA_RESTART,
				    SA_NODEFER,
				    SA_RESETHAND,
				    SA_ONSTACK,
				    SA_NOCLDSTOP | SA_NOCLDWAIT,
				    SA_RESTART | SA_ONSTACK | SA_NODEFER};
	struct sigaction act, old;

	for (unsigned i = 0; i < sizeof(flags) / sizeof(*flags) * 2; i++) {
		memset(&act, 0, sizeof(act));
		act.sa_flags = flags[i / 2];
		if (i % 2) {
			act.sa_flags |= SA_SIGINFO;
			act.sa_sigaction = info_handler;
			sigfillset(&act.sa_mask);
		} else {
			act.sa_handler = handler;
			sigaddset(&act.sa_mask, (int)i + 1);
		}
		memset(&old, 0xff, sizeof(old));
		CHECK(sigaction(sig, &act, &old) == 0);
		show(&old);
	}
	signal(sig, SIG_IGN);
	CHECK(sigaction(sig, NULL, &old) == 0);
	show(&old);
	memset(&act, 0, sizeof(act));
	CHECK(sigaction(sig, &act, &act) == 0);
	show(&act);
	CHECK(sigaction(sig, NULL, &old) == 0);
	show(&old);
}

int main(void)
{
	struct sigaction act = {.sa_handler = handler};

	all(SIGUSR2);
	all(SIGUSR1);
	all(SIGRTMIN);
	for (int sig = -1; sig < 66; sig++) {
		if (sigaction(sig, &act, NULL)) {
			printf("refused %d: %d\n", sig, errno);
		}
	}
	return done();
}
