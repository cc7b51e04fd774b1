/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_handler_work.c - SIGUSR2 handlers that fork, exec, write files, change their own disposition,
 * and end the process
 * host: usr2
 */
#include "signals.h"

static int mode;

static void handler(int sig)
{
	int status;
	pid_t pid;

	switch (mode) {
	case 0:
		pid = fork();
		if (pid == 0) {
			execl("/bin/true", "true", (char *)NULL);
			_exit(9);
		}
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
		break;
	case 1:
		signal(sig, SIG_IGN);
		signal(sig, handler);
		break;
	case 2:
		_exit(44);
	default:
		execl("/bin/sh", "sh", "-c", "exit 45", (char *)NULL);
	}
	heard();
}

static int ends(void)
{
	signal(SIGUSR2, handler);
	MUST(write(post_pipe[1], "x", 1) == 1);
	for (;;) {
		pause();
	}
}

/* A child whose handler ends it, by a signal from here. */
static const char *end_one(void)
{
	pid_t pid;
	char c;

	MUST(pipe(post_pipe) == 0);
	pid = child(ends);
	MUST(read(post_pipe[0], &c, 1) == 1);
	kill(pid, SIGUSR2);
	close(post_pipe[0]);
	close(post_pipe[1]);
	return ended(reap(pid));
}

int main(void)
{
	signal(SIGUSR2, handler);
	churn(1, 3000);
	for (mode = 0; mode < 2; mode++) {
		post(SIGUSR2, 20, false);
		printf("mode %d: handled %d\n", mode, posted(NULL));
	}
	for (; mode < 4; mode++) {
		printf("mode %d: %s\n", mode, end_one());
	}
	return done();
}
