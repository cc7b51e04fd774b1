/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_execstack.c - an executable stack with code of its own on it: GCC's trampolines for nested
 * functions, which allocate; and READ_IMPLIES_EXEC
 * host: flags=-Wl,-z,execstack flags=-Wno-trampolines calm=it_executes_itself
 */
#include "host.h"
#include <sys/personality.h>

static __attribute__((noinline)) void each(int n, void (*fn)(int))
{
	for (int i = 0; i < n; i++) {
		fn(i);
	}
}

static void *work(void *arg)
{
	size_t sum = 0;

	void take(int i)
	{
		void *p = malloc((size_t)i + 100);

		sum += malloc_usable_size(p) > 0;
		free(p);
	}

	each(5000, take);
	CHECK(sum == 5000);
	return arg;
}

static int start(void)
{
	MUST(personality(READ_IMPLIES_EXEC) >= 0);
	exec_self("started");
	return 1;
}

int main(int argc, char **argv)
{
	(void)argv;
	work(NULL);
	crew(4, work);
	if (argc > 1) {
		return 6;
	}
	printf("%s\n", ended(reap(child(start))));
	return done();
}
