/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_small_altstack.c - alternate signal stacks of the smallest size that the kernel takes, with
 * unmapped pages around: they hold the host's own small handler and nothing more
 */
#include "host.h"
#include <sys/auxv.h>

static int ran;

static void handler(int sig)
{
	(void)sig;
	__atomic_add_fetch(&ran, 1, __ATOMIC_RELAXED);
}

static void *work(void *arg)
{
	size_t least = (size_t)sysconf(_SC_MINSIGSTKSZ);
	size_t pages = (least + 700 + 4095) & ~(size_t)4095;
	char *area = mmap(NULL, pages + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack_t stack = {.ss_size = least + 700};

	MUST(area != MAP_FAILED);
	MUST(mprotect(area + 4096, pages, PROT_READ | PROT_WRITE) == 0);
	stack.ss_sp = area + 4096;
	MUST(sigaltstack(&stack, NULL) == 0);
	for (int i = 0; i < 100; i++) {
		pthread_kill(pthread_self(), SIGUSR1);
		churn((unsigned)i % 10, 100);
	}
	stack.ss_flags = SS_DISABLE;
	sigaltstack(&stack, NULL);
	munmap(area, pages + 8192);
	return arg;
}

int main(void)
{
	struct sigaction act = {.sa_handler = handler, .sa_flags = SA_ONSTACK | SA_RESTART};

	/* No second frame would fit above the handler's. */
	sigfillset(&act.sa_mask);
	sigaction(SIGUSR1, &act, NULL);
	for (int i = 0; i < 4; i++) {
		work(NULL);
		crew(4, work);
	}
	printf("ran %d\n", ran);
	return done();
}
