/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_sigaltstack.c - handlers on small alternate stacks that allocate (raised at safe points)
 */
#include "host.h"

static int ran;
static __thread char *low, *high;

static void handler(int sig, siginfo_t *info, void *context)
{
	char here;
	void *p = malloc(3000);

	(void)sig;
	(void)info;
	(void)context;
	CHECK(&here > low && &here < high);
	KEEP(p);
	free(realloc(p, 10));
	__atomic_add_fetch(&ran, 1, __ATOMIC_RELAXED);
}

static void *use(void *arg)
{
	size_t size = arg ? 16384 : (size_t)sysconf(_SC_MINSIGSTKSZ) + 8192;
	stack_t stack = {.ss_size = size};

	low = malloc(size);
	high = low + size;
	stack.ss_sp = low;
	CHECK(sigaltstack(&stack, NULL) == 0);
	for (int i = 0; i < 200; i++) {
		pthread_kill(pthread_self(), SIGUSR1);
		churn((unsigned)i, 10);
	}
	stack.ss_flags = SS_DISABLE;
	sigaltstack(&stack, NULL);
	free(low);
	return NULL;
}

int main(void)
{
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	sigaction(SIGUSR1, &act, NULL);
	use(NULL);
	use((void *)1);
	crew(4, use);
	printf("ran %d\n", ran);
	return done();
}
