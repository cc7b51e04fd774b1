/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_exit_race.c - exit() while threads allocate, fork and dlopen: no crash on the way out
 * host: lib=lib_alloc link=-ldl time=40
 */
#include "host.h"
#include <dlfcn.h>

static void *busy(void *arg)
{
	for (unsigned i = 0;; i++) {
		churn(i, 50);
	}
	return arg;
}

static void *opens(void *arg)
{
	for (;;) {
		void *lib = dlopen("lib_alloc.so", RTLD_NOW);

		free(malloc(5000));
		if (lib) {
			dlclose(lib);
		}
	}
	return arg;
}

static void *creates(void *arg)
{
	pthread_t id;

	for (;;) {
		if (pthread_create(&id, NULL, threads_now() > 30 ? opens : busy, NULL) == 0) {
			pthread_detach(id);
		}
		pause_ms(1);
	}
	return arg;
}

int main(void)
{
	for (int i = 0; i < 14; i++) {
		pid_t pid = fork();

		MUST(pid >= 0);
		if (pid == 0) {
			pthread_t id;

			pthread_create(&id, NULL, busy, NULL);
			pthread_create(&id, NULL, i % 2 ? opens : busy, NULL);
			pthread_create(&id, NULL, creates, NULL);
			pause_ms(i % 7);
			exit(21);
		}
		CHECK(reap(pid) == 21 << 8);
	}
	return done();
}
