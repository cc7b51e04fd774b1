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

static int limited(void)
{
	struct rlimit limit = {0, 0};
	pthread_t id;

	MUST(setrlimit(RLIMIT_NPROC, &limit) == 0);
	MUST(setresgid(65534, 65534, 65534) == 0);
	MUST(setresuid(65534, 65534, 65534) == 0);
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
	MUST(setresuid(65534, 65534, 65534) == 0);
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
