/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_every.c - what a program can find out about its signals: dispositions of all, the mask at
 * each point, what is pending, in the program, in a forked child and after exec
 */
#include "host.h"

static void show(const char *where)
{
	struct sigaction act;
	sigset_t set;
	int handlers = 0, ignored = 0, blocked = 0, pending = 0;

	for (int sig = 1; sig < NSIG; sig++) {
		if (sig == 32 || sig == 33 || sigaction(sig, NULL, &act) != 0) {
			continue;
		}
		handlers += act.sa_handler != SIG_DFL && act.sa_handler != SIG_IGN;
		ignored += act.sa_handler == SIG_IGN;
	}
	sigprocmask(SIG_BLOCK, NULL, &set);
	for (int sig = 1; sig < NSIG; sig++) {
		blocked += sigismember(&set, sig) == 1;
	}
	sigpending(&set);
	for (int sig = 1; sig < NSIG; sig++) {
		pending += sig != SIGUSR2 && sigismember(&set, sig) == 1;
	}
	printf("%s: %d handlers, %d ignored, %d blocked, %d pending\n", where, handlers, ignored,
	       blocked, pending);
	fflush(stdout);
}

static void handler(int sig)
{
	(void)sig;
	show("in a handler");
}

static int in_child(void)
{
	churn(2, 1000);
	show("in a child");
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	return 0;
}

static int to_exec(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGTERM, SIG_IGN);
	raise(SIGHUP);
	exec_self("executed");
	return 9;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		show("executed");
		return 0;
	}
	show("at start");
	churn(1, 3000);
	show("after some work");
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	reap(child(in_child));
	reap(child(to_exec));
	show("at the end");
	return done();
}
