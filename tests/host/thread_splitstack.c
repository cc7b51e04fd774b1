/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_splitstack.c - code built with -fsplit-stack: the stack is a list of segments that come
 * and go with calls host: flags=-fsplit-stack flags=-fuse-ld=gold flags=-fno-pie flags=-no-pie
 * tool=gold
 */
#include "host.h"

static __attribute__((noinline)) long deep(int n)
{
	volatile char pad[2000];
	void *p = malloc(700);
	long r;

	pad[0] = (char)n;
	r = n ? deep(n - 1) + 1 : 0;
	free(p);
	return r + (pad[0] == (char)n ? 0 : 1000);
}

static void *work(void *arg)
{
	for (int i = 0; i < 20; i++) {
		CHECK(deep(500) == 500);
	}
	return arg;
}

int main(void)
{
	work(NULL);
	crew(4, work);
	return done();
}
