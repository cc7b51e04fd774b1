/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_fork_dlopen.c - children are forked while other threads are inside dlopen and dlclose; they
 * call what libc allows after fork, and end in every way
 * host: lib=lib_alloc link=-ldl usr2 time=40
 */
#include "host.h"
#include <dlfcn.h>

static int stop, way;

static void *opens(void *arg)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		void *lib = dlopen("lib_alloc.so", RTLD_NOW);

		if (lib) {
			dlclose(lib);
		}
	}
	return arg;
}

static void handler(int sig)
{
	(void)sig;
}

static int in_child(void)
{
	alarm(10);
	switch (way % 5) {
	case 0:
		_exit(3);
	case 1:
		signal(SIGUSR1, handler);
		signal(SIGUSR2, handler);
		free(malloc(100));
		return 3;
	case 2:
		churn(1, 50);
		return 3;
	case 3:
		syscall(SYS_gettid);
		prctl(PR_SET_NAME, "child");
		_Exit(3);
	default:
		execl("/bin/sh", "sh", "-c", "exit 3", (char *)NULL);
	}
	return 9;
}

int main(void)
{
	pthread_t id[2];
	int odd = 0;

	pthread_create(&id[0], NULL, opens, NULL);
	pthread_create(&id[1], NULL, opens, NULL);
	for (way = 0; way < 60 && !odd; way++) {
		int status = reap(child(in_child));

		if (status != 3 << 8) {
			printf("way %d: %s\n", way % 5, ended(status));
			odd++;
		}
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(id[0], NULL);
	pthread_join(id[1], NULL);
	return done();
}
