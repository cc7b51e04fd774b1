/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_nproc.c - nobody may make a process or a thread: fork and pthread_create fail for the host
 * as before, and nothing is said or waited for
 * host: root
 */
#include "host.h"

static void *thread(void *arg)
{
	return arg;
}

/* A user of our own: the limit counts a user's processes, and nobody may have others. */
static void become_user(void)
{
	uid_t uid = 100000 + (uid_t)getpid();

	MUST(setresuid(uid, uid, uid) == 0);
}

static int limited(void)
{
	struct rlimit limit = {0, 0};
	pthread_t id;

	MUST(setrlimit(RLIMIT_NPROC, &limit) == 0);
	MUST(setresgid(65534, 65534, 65534) == 0);
	become_user();
	churn(1, 5000);
	CHECK(fork() == -1 && errno == EAGAIN);
	CHECK(pthread_create(&id, NULL, thread, NULL) == EAGAIN);
	churn(2, 5000);
	exit(host_failed ? 1 : 3);
}

static int from_start(void)
{
	struct rlimit limit = {0, 0};

	MUST(setrlimit(RLIMIT_NPROC, &limit) == 0);
	become_user();
	exec_self("started");
	return 5;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		churn(1, 5000);
		return 4;
	}
	printf("%s\n", ended(reap(child(limited))));
	churn(1, 5000);
	printf("%s\n", ended(reap(child(limited))));
	printf("from the start: %s\n", ended(reap(child(from_start))));
	return done();
}
