/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_vfork.c - a child of vfork, which runs in its parent's memory, sets and asks for the default
 * action, another handler, and none; the parent's own handler stays, and gets each signal
 * host: usr2
 */
#include "host.h"

static volatile int got;

static void on_signal(int signal)
{
	(void)signal;
	got++;
}

static void other(int signal)
{
	(void)signal;
}

static void in_child(void (*handler)(int))
{
	int status;
	pid_t child = vfork();

	if (child == 0) {
		struct sigaction old;

		if (signal(SIGUSR2, handler) != on_signal) {
			_exit(1);
		}
		_exit(sigaction(SIGUSR2, NULL, &old) == 0 && old.sa_handler == handler ? 0 : 2);
	}
	MUST(child > 0 && waitpid(child, &status, 0) == child);
	CHECK(status == 0);
	raise(SIGUSR2);
}

int main(void)
{
	struct sigaction now;

	CHECK(signal(SIGUSR2, on_signal) == SIG_DFL);
	in_child(SIG_DFL);
	in_child(SIG_IGN);
	in_child(other);
	CHECK(got == 3);
	CHECK(sigaction(SIGUSR2, NULL, &now) == 0 && now.sa_handler == on_signal);
	return done();
}
