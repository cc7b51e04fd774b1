/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_stack.c - started with a 64 KiB stack, with an unlimited one, and with huge environments
 */
#include "host.h"

static rlim_t bytes;

static void *thread(void *arg)
{
	churn(2, 2000);
	return arg;
}

static int start(void)
{
	struct rlimit limit = {bytes, RLIM_INFINITY};

	MUST(setrlimit(RLIMIT_STACK, &limit) == 0);
	exec_self("started");
	return 1;
}

static int start_loaded(void)
{
	char *big = malloc(100000);

	memset(big, 'x', 99999);
	big[99999] = 0;
	setenv("BIG", big, 1);
	exec_self("started");
	return 1;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		pthread_t id;

		churn(1, 5000);
		if (pthread_create(&id, NULL, thread, NULL) == 0) {
			pthread_join(id, NULL);
		}
		return 4;
	}
	for (bytes = 64 << 10; bytes <= 1 << 20; bytes *= 4) {
		printf("%s\n", ended(reap(child(start))));
	}
	bytes = RLIM_INFINITY;
	printf("%s\n", ended(reap(child(start))));
	printf("%s\n", ended(reap(child(start_loaded))));
	return done();
}
