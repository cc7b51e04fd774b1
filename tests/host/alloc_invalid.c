/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_invalid.c - glibc's own checks still speak: double free, free of a wrong pointer
 * host: flags=-Wno-use-after-free flags=-Wno-free-nonheap-object
 */
#include "host.h"

static int twice(void)
{
	void *volatile p = malloc(40);

	free(p);
	free(p);
	return 0;
}

static int inside(void)
{
	char *volatile p = calloc(1, 400);

	free(p + 8);
	return 0;
}

static int on_stack(void)
{
	long words[64] = {0};
	void *volatile p = &words[32];

	free(p);
	return 0;
}

static int large_twice(void)
{
	void *volatile p = malloc(5000);
	void *volatile q = malloc(5000);

	free(p);
	free(p);
	KEEP(q);
	return 0;
}

static int bad_realloc(void)
{
	char *volatile p = calloc(1, 400);

	KEEP(realloc(p + 8, 100));
	return 0;
}

int main(void)
{
	churn(1, 3000);
	printf("twice: %s\n", ended(reap(child(twice))));
	printf("inside: %s\n", ended(reap(child(inside))));
	printf("on the stack: %s\n", ended(reap(child(on_stack))));
	printf("large twice: %s\n", ended(reap(child(large_twice))));
	printf("realloc: %s\n", ended(reap(child(bad_realloc))));
	return done();
}
