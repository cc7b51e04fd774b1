/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_ucontext.c - swapcontext coroutines on 16 KiB stacks out of malloc and of mmap with guards
 */
#include "host.h"
#include <ucontext.h>

#define COUNT 40
#define STACK 16384

static ucontext_t home, routine[COUNT];
static int steps;

static __attribute__((noinline)) void deeper(int n)
{
	volatile char pad[300];

	pad[0] = 1;
	if (n > 0) {
		deeper(n - 1);
	} else {
		void *p = malloc(2000);

		KEEP(p);
		free(realloc(p, 100));
	}
	CHECK(pad[0] == 1);
}

static void body(int which)
{
	for (int i = 0; i < 30; i++) {
		void *p = malloc((size_t)which * 10 + 5);

		memset(p, which, (size_t)which * 10 + 5);
		deeper(i % 8);
		steps++;
		swapcontext(&routine[which], &home);
		CHECK(((char *)p)[which * 10 + 4] == which);
		free(p);
	}
}

static void run_all(char *(*stack)(void))
{
	for (int i = 0; i < COUNT; i++) {
		getcontext(&routine[i]);
		routine[i].uc_stack.ss_sp = stack();
		routine[i].uc_stack.ss_size = STACK;
		routine[i].uc_link = &home;
		makecontext(&routine[i], (void (*)(void))body, 1, i);
	}
	for (int round = 0; round < 31; round++) {
		for (int i = 0; i < COUNT; i++) {
			swapcontext(&home, &routine[i]);
		}
	}
}

static char *from_heap(void)
{
	return malloc(STACK);
}

static char *guarded(void)
{
	char *p = mmap(NULL, STACK + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	MUST(p != MAP_FAILED);
	MUST(mprotect(p + 4096, STACK, PROT_READ | PROT_WRITE) == 0);
	return p + 4096;
}

static void *elsewhere(void *arg)
{
	run_all(guarded);
	return arg;
}

int main(void)
{
	pthread_t id;

	run_all(from_heap);
	run_all(guarded);
	pthread_create(&id, NULL, elsewhere, NULL);
	pthread_join(id, NULL);
	printf("steps %d\n", steps);
	return done();
}
