/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_nofile.c - no descriptor is to be had: RLIMIT_NOFILE 3 and 0, and all of them in use
 * host: wide says
 */
#include "host.h"

static void *thread(void *arg)
{
	churn((unsigned)(intptr_t)arg, 2000);
	return NULL;
}

static int three(void)
{
	struct rlimit limit = {3, 3};

	MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	churn(1, 5000);
	crew(3, thread);
	CHECK(open("/dev/null", O_RDONLY) == -1 && errno == EMFILE);
	exit(host_failed ? 1 : 3);
}

static int zero(void)
{
	struct rlimit limit = {0, 0};

	MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	churn(1, 5000);
	crew(3, thread);
	exit(host_failed ? 1 : 4);
}

static int all_used(void)
{
	struct rlimit limit = {64, 64};
	int n = 0;

	MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	while (open("/dev/null", O_RDONLY) >= 0) {
		n++;
	}
	CHECK(errno == EMFILE);
	churn(1, 5000);
	crew(3, thread);
	CHECK(n == 61);
	CHECK(open("/dev/null", O_RDONLY) == -1);
	close(40);
	CHECK(open("/dev/null", O_RDONLY) == 40);
	exit(host_failed ? 1 : 5);
}

int main(void)
{
	for (int i = 0; i < 2; i++) {
		printf("three: %s\n", ended(reap(child(three))));
		printf("zero: %s\n", ended(reap(child(zero))));
		printf("all used: %s\n", ended(reap(child(all_used))));
		fflush(stdout);
		churn(1, 5000);
	}
	return done();
}
