/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_daemon.c - daemon(), setsid, double fork: the daemon works with its descriptors closed and
 * tells the result through a pipe
 */
#include "host.h"

static int to_parent;

static void work(const char *what)
{
	char text[200];
	int n;

	churn(1, 3000);
	n = snprintf(text, sizeof(text), "%s: descriptors %d threads %d alone %d session %d\n",
		     what, descriptors_now(), threads_now(), no_children(), getsid(0) == getpid());
	CHECK(write(to_parent, text, n) == n);
	exit(0);
}

static void hear(int fd)
{
	char text[400];
	ssize_t n;

	while ((n = TEMP_FAILURE_RETRY(read(fd, text, sizeof(text)))) > 0) {
		fwrite(text, 1, n, stdout);
	}
	fflush(stdout);
	close(fd);
}

static void launch(int kind)
{
	int fd[2];
	pid_t pid;

	MUST(pipe(fd) == 0);
	pid = fork();
	if (pid == 0) {
		close(fd[0]);
		to_parent = fd[1];
		if (kind == 0) {
			MUST(daemon(0, 0) == 0);
			work("daemon");
		}
		MUST(setsid() > 0);
		if (kind == 1) {
			work("setsid");
		}
		if (fork() == 0) {
			close(0);
			close(1);
			close(2);
			work("double fork");
		}
		_exit(0);
	}
	close(fd[1]);
	CHECK(reap(pid) == 0);
	hear(fd[0]);
}

int main(void)
{
	churn(9, 2000);
	launch(0);
	launch(1);
	launch(2);
	return done();
}
