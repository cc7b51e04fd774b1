/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_ifunc_main.c - the resolver of an IFUNC in the program itself allocates
 */
#include "host.h"

static void *kept;

static int answer(void)
{
	return 42;
}

static void *resolve_answer(void)
{
	void *p = malloc(64);

	kept = calloc(1, 2000);
	free(p);
	kept = realloc(kept, 4000);
	return (void *)answer;
}

int ask(void) __attribute__((ifunc("resolve_answer")));

int main(void)
{
	printf("answer %d\n", ask());
	CHECK(kept);
	free(kept);
	churn(1, 2000);
	return done();
}
