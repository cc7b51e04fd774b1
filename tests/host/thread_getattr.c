/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_getattr.c - pthread_getattr_np and friends, which allocate with locks held, while threads
 * come and go: a profiler that asks for stack bounds inside malloc hangs here
 */
#include "host.h"

static void *ask(void *arg)
{
	for (int i = 0; i < 200; i++) {
		pthread_attr_t attr;
		cpu_set_t set;
		void *stack;
		size_t size;
		char name[16], here;

		CHECK(pthread_getattr_np(pthread_self(), &attr) == 0);
		CHECK(pthread_attr_getstack(&attr, &stack, &size) == 0);
		CHECK(&here >= (char *)stack && &here < (char *)stack + size);
		pthread_attr_destroy(&attr);
		CHECK(pthread_getaffinity_np(pthread_self(), sizeof(set), &set) == 0);
		CHECK(pthread_getname_np(pthread_self(), name, sizeof(name)) == 0);
		pthread_setname_np(pthread_self(), "renamed");
		free(malloc(3000));
	}
	return arg;
}

static void *creates(void *arg)
{
	crew(8, ask);
	return arg;
}

int main(void)
{
	ask(NULL);
	crew(4, creates);
	return done();
}
