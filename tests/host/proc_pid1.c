/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_pid1.c - a program that is PID 1 of a PID namespace: kill(-1), orphans, its own end
 * host: wide root
 */
#include "host.h"

static int orphan_maker(void)
{
	if (fork() == 0) {
		churn(3, 500);
		_exit(8);
	}
	_exit(7);
}

static int sleeper(void)
{
	for (;;) {
		pause();
	}
}

static int as_init(void)
{
	int seen7 = 0, seen8 = 0, killed = 0, other = 0, status;

	CHECK(getpid() == 1);
	churn(1, 3000);
	for (int i = 0; i < 5; i++) {
		child(orphan_maker);
	}
	child(sleeper);
	child(sleeper);
	while (seen7 + seen8 < 10 && TEMP_FAILURE_RETRY(wait(&status)) > 0) {
		seen7 += WIFEXITED(status) && WEXITSTATUS(status) == 7;
		seen8 += WIFEXITED(status) && WEXITSTATUS(status) == 8;
	}
	CHECK(kill(-1, SIGTERM) == 0);
	while (TEMP_FAILURE_RETRY(wait(&status)) > 0) {
		killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM;
		other++;
	}
	printf("ends: %d %d, then %d of %d\n", seen7, seen8, killed, other);
	CHECK(kill(-1, 0) == -1 && errno == ESRCH);
	exit(done());
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		return as_init();
	}
	NEED(unshare(CLONE_NEWPID) == 0, "no PID namespaces here");
	churn(2, 2000);
	CHECK(reap(child(as_init)) == 0);
	fflush(stdout);
	NEED(unshare(CLONE_NEWNS) == 0, "no mount namespaces here");
	return done();
}
