/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_overflow.c - stack overflow in code that allocates is SIGSEGV on the host's own handler
 *
 * Recovered from by siglongjmp three times in the main thread and in others, then fatal by default.
 * host: time=30
 */
#include "host.h"

static __thread sigjmp_buf back;
static __thread char *alt;
static int hits;

static void on_segv(int sig, siginfo_t *info, void *context)
{
	char here;

	(void)info;
	(void)context;
	CHECK(sig == SIGSEGV && &here > alt && &here < alt + 65536);
	__atomic_add_fetch(&hits, 1, __ATOMIC_RELAXED);
	siglongjmp(back, 1);
}

static __attribute__((noinline)) long recurse(long n)
{
	volatile char pad[400];
	void *p = NULL;

	pad[0] = (char)n;
	/* Not in the last pages, where bare malloc would be interrupted with its lock held. */
	if (n % 64 == 0 && n < 10000) {
		p = malloc(1000);
		KEEP(p);
		free(p);
	}
	return recurse(n + 1) + pad[0];
}

static void *overflow(void *arg)
{
	stack_t stack = {.ss_size = 65536};

	alt = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack.ss_sp = alt;
	MUST(sigaltstack(&stack, NULL) == 0);
	for (volatile int i = 0; i < 3; i++) {
		if (sigsetjmp(back, 1) == 0) {
			recurse(0);
		}
		churn((unsigned)i, 500);
	}
	stack.ss_flags = SS_DISABLE;
	sigaltstack(&stack, NULL);
	munmap(alt, 65536);
	return arg;
}

static int fatal(void)
{
	signal(SIGSEGV, SIG_DFL);
	return (int)recurse(0);
}

int main(void)
{
	struct sigaction act = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	sigaction(SIGSEGV, &act, NULL);
	overflow(NULL);
	crew(4, overflow);
	printf("hits %d\n", hits);
	printf("by default: %s\n", ended(reap(child(fatal))));
	return done();
}
