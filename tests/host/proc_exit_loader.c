/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_exit_loader.c - while a thread hangs in dlopen, the process sets signal actions and ends
 * itself, without waiting for the loader
 * host: lib=lib_hang
 */
#include "host.h"
#include <dlfcn.h>

static void *load(void *unused)
{
	MUST(dlopen("lib_hang.so", RTLD_NOW));
	return unused;
}

static void on_signal(int signal)
{
	(void)signal;
}

int main(void)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		pthread_t thread;

		MUST(pthread_create(&thread, NULL, load, NULL) == 0);
		usleep(300000);
		alarm(5);
		signal(SIGINT, on_signal);
		sigset(SIGTERM, on_signal);
		_exit(7);
	}
	MUST(child > 0 && waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	return done();
}
