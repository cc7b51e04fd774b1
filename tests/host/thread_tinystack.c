/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_tinystack.c - coroutines of 8 KiB with a guard page below, where everything is done for
 * the first time: the first allocation, the first sample, each new place in the code
 */
#include "host.h"
#include <ucontext.h>

#define STACK 8192

static ucontext_t home, one;

static __attribute__((noinline)) void *deeper(int n)
{
	void *p = n > 0 ? deeper(n - 1) : malloc(100000);

	KEEP(p);
	return p;
}

static void body(void)
{
	for (int i = 0; i < 20; i++) {
		free(deeper(i % 5));
		free(calloc(10, 60000));
		void *p = realloc(NULL, 70000);

		p = realloc(p, 700000);
		free(p);
		swapcontext(&one, &home);
	}
}

int main(void)
{
	char *stack = mmap(NULL, STACK + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	MUST(stack != MAP_FAILED && mprotect(stack, 4096, PROT_NONE) == 0);
	getcontext(&one);
	one.uc_stack.ss_sp = stack + 4096;
	one.uc_stack.ss_size = STACK;
	one.uc_link = &home;
	makecontext(&one, body, 0);
	for (int i = 0; i < 21; i++) {
		swapcontext(&home, &one);
	}
	return done();
}
