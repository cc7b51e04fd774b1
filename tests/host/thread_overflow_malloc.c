/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_overflow_malloc.c - recursion through malloc itself until the stack ends: still SIGSEGV on
 * the host's handler, which leaves by _exit
 */
#include "host.h"

static void on_segv(int sig)
{
	(void)sig;
	_exit(33);
}

static __attribute__((noinline)) long recurse(long n)
{
	volatile char pad[64];
	void *p = malloc(600);

	pad[0] = (char)n;
	KEEP(p);
	free(p);
	return recurse(n + 1) + pad[0];
}

static void *overflow(void *arg)
{
	char alt[32768];
	stack_t stack = {.ss_sp = alt, .ss_size = sizeof(alt)};

	MUST(sigaltstack(&stack, NULL) == 0);
	recurse(0);
	return arg;
}

static int in_main(void)
{
	overflow(NULL);
	return 0;
}

static int in_thread(void)
{
	pthread_t id;

	pthread_create(&id, NULL, overflow, NULL);
	pthread_join(id, NULL);
	return 0;
}

int main(void)
{
	struct sigaction act = {.sa_handler = on_segv, .sa_flags = SA_ONSTACK};
	struct rlimit small = {1 << 20, RLIM_INFINITY};

	setrlimit(RLIMIT_STACK, &small);
	sigaction(SIGSEGV, &act, NULL);
	for (int i = 0; i < 5; i++) {
		printf("main %s\n", ended(reap(child(in_main))));
		printf("thread %s\n", ended(reap(child(in_thread))));
	}
	return done();
}
