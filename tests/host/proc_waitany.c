/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_waitany.c - waitpid(-1) loops, waitid and SIGCHLD counts see exactly the children made here
 * host: wide
 */
#include "host.h"

static int chld_seen;

static void on_chld(int sig)
{
	(void)sig;
	__atomic_add_fetch(&chld_seen, 1, __ATOMIC_RELAXED);
}

static int quick(void)
{
	churn(1, 300);
	return 2;
}

static int collect(pid_t (*wait_one)(int *))
{
	int n = 0, status;

	while (wait_one(&status) > 0) {
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 2);
		n++;
	}
	CHECK(errno == ECHILD);
	return n;
}

static pid_t any(int *status)
{
	return TEMP_FAILURE_RETRY(waitpid(-1, status, 0));
}

static pid_t any_wall(int *status)
{
	return TEMP_FAILURE_RETRY(waitpid(-1, status, __WALL));
}

static pid_t any_group(int *status)
{
	return TEMP_FAILURE_RETRY(waitpid(0, status, 0));
}

static pid_t any_wait3(int *status)
{
	return TEMP_FAILURE_RETRY(wait3(status, 0, NULL));
}

static pid_t any_clone(int *status)
{
	return TEMP_FAILURE_RETRY(waitpid(-1, status, __WCLONE));
}

int main(void)
{
	pid_t (*const ways[])(int *) = {any, any_wall, any_group, any_wait3};
	struct sigaction act = {.sa_handler = on_chld, .sa_flags = SA_RESTART};

	CHECK(no_children());
	churn(1, 3000);
	CHECK(no_children());
	sigaction(SIGCHLD, &act, NULL);
	for (int i = 0; i < 40; i++) {
		for (int k = 0; k < 3; k++) {
			child(quick);
		}
		CHECK(collect(ways[i % 4]) == 3);
		churn((unsigned)i, 300);
	}
	CHECK(collect(any_clone) == 0);
	printf("SIGCHLD came: %d, at most 120: %d\n", chld_seen > 0, chld_seen <= 120);
	signal(SIGCHLD, SIG_IGN);
	child(quick);
	CHECK(collect(any) == 0);
	return done();
}
