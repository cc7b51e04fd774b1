/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_memory.c - RLIMIT_AS and RLIMIT_DATA: malloc fails with ENOMEM, the program goes on, also
 * when the limit was there from the start
 * host: slow time=40
 */
#include "host.h"

static int which;
static size_t bytes;

static void *thread(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		void *p = malloc((size_t)i * 5);

		KEEP(p);
		free(p);
	}
	return arg;
}

static int starve(void)
{
	struct rlimit limit = {bytes, bytes};
	static void *p[100000];
	pthread_t id;
	int n;

	MUST(setrlimit(which, &limit) == 0);
	for (int round = 0; round < 2; round++) {
		errno = 0;
		for (n = 0; n < 100000; n++) {
			p[n] = malloc(4000);
			if (!p[n]) {
				break;
			}
			*(char *)p[n] = 1;
		}
		CHECK(n < 100000 && errno == ENOMEM);
		CHECK(n > 1000);
		CHECK(calloc(1, 100000000) == NULL && errno == ENOMEM);
		CHECK(realloc(p[0], 100000000) == NULL && errno == ENOMEM);
		while (n-- > 0) {
			free(p[n]);
		}
	}
	if (pthread_create(&id, NULL, thread, NULL) == 0) {
		pthread_join(id, NULL);
	}
	exit(host_failed ? 1 : 3);
}

static int from_start(void)
{
	struct rlimit limit = {bytes, bytes};

	MUST(setrlimit(which, &limit) == 0);
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
	for (int i = 0; i < 2; i++) {
		which = i ? RLIMIT_DATA : RLIMIT_AS;
		bytes = 80 << 20;
		printf("%s\n", ended(reap(child(starve))));
		fflush(stdout);
		for (bytes = 40 << 20; bytes < 200 << 20; bytes += 40 << 20) {
			printf("from the start: %s\n", ended(reap(child(from_start))));
			fflush(stdout);
		}
		churn(1, 3000);
	}
	return done();
}
