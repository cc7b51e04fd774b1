/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_inherited.c - executed with SIGUSR2 blocked and pending: it is still both, and comes once
 * host: usr2
 */
#include "signals.h"

static int got;

static void handler(int sig)
{
	(void)sig;
	got++;
}

static int start(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR2);
	exec_self("started");
	return 1;
}

static int start_default(void)
{
	struct rlimit none = {0, 0};
	sigset_t set;

	setrlimit(RLIMIT_CORE, &none);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR2);
	execl("/usr/bin/perl", "perl", "-MPOSIX", "-e",
	      "my @a = map { 'x' x $_ } 1 .. 2000; sigprocmask(SIG_SETMASK, "
	      "POSIX::SigSet->new()); print 'never';",
	      (char *)NULL);
	return 1;
}

int main(int argc, char **argv)
{
	sigset_t set, old, pending;

	(void)argv;
	if (argc > 1) {
		sigprocmask(SIG_BLOCK, NULL, &old);
		churn(1, 3000);
		sigpending(&pending);
		printf("blocked %d pending %d\n", sigismember(&old, SIGUSR2),
		       sigismember(&pending, SIGUSR2));
		signal(SIGUSR2, handler);
		sigemptyset(&set);
		sigprocmask(SIG_SETMASK, &set, NULL);
		printf("got %d\n", got);
		fflush(stdout);
		return 6;
	}
	printf("%s\n", ended(reap(child(start))));
	fflush(stdout);
	printf("default: %s\n", ended(reap(child(start_default))));
	return done();
}
