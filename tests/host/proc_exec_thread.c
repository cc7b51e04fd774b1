/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_exec_thread.c - exec from a thread while others allocate and hold mutexes
 * host: slow murder calm=the_signal_is_fatal_between_exec_and_start
 */
#include "host.h"

static void *busy(void *arg)
{
	for (unsigned i = 0;; i++) {
		churn(i, 50);
	}
	return arg;
}

static void *leave(void *arg)
{
	pause_ms(20);
	exec_self(arg);
	return NULL;
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 0;
	char next[16];
	pthread_t id;

	if (n == 12) {
		return done();
	}
	snprintf(next, sizeof(next), "%d", n + 1);
	for (int i = 0; i < 3; i++) {
		pthread_create(&id, NULL, busy, NULL);
	}
	pthread_create(&id, NULL, leave, next);
	pthread_join(id, NULL);
	return 1;
}
