/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_interrupt.c - siginterrupt() before signal(): what the action's flags say, and what is
 * interrupted host: usr2 flags=-Wno-deprecated-declarations
 */
#include "signals.h"

static void handler(int sig)
{
	(void)sig;
	__atomic_add_fetch(&heard_count, 1, __ATOMIC_RELAXED);
}

static int pipes[2];

static void try(const char *when)
{
	struct sigaction act;
	pid_t host = getpid(), pid;
	char c;
	int cut = 0;

	sigaction(SIGUSR2, NULL, &act);
	printf("%s: flags %x\n", when, (unsigned)act.sa_flags & ~0x04000000u);
	pid = fork();
	if (pid == 0) {
		pause_ms(30);
		kill(host, SIGUSR2);
		pause_ms(30);
		MUST(write(pipes[1], "x", 1) == 1);
		_exit(0);
	}
	while (read(pipes[0], &c, 1) != 1) {
		cut++;
	}
	reap(pid);
	printf("interrupted %d\n", cut);
}

int main(void)
{
	MUST(pipe(pipes) == 0);
	signal(SIGUSR2, handler);
	try("signal");
	siginterrupt(SIGUSR2, 1);
	try("siginterrupt 1");
	signal(SIGUSR2, handler);
	try("signal anew");
	siginterrupt(SIGUSR2, 0);
	try("siginterrupt 0");
	signal(SIGUSR2, handler);
	try("signal anew");
	close(pipes[0]);
	close(pipes[1]);
	return done();
}
