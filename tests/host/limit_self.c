/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_self.c - a program that has worked for a while limits its own address space, in a child and
 * in itself: what it may have then it gets
 */
#include "host.h"

static void *idle(void *arg)
{
	churn(5, 1000);
	return arg;
}

/* How many blocks of 1 MB there are: all but what the program is itself. */
static int blocks(void)
{
	static void *kept[1000];
	int n = 0;

	while (n < 1000 && (kept[n] = malloc(1 << 20)) != NULL) {
		n++;
	}
	for (int i = 0; i < n; i++) {
		free(kept[i]);
	}
	return n;
}

static int limited(void)
{
	struct rlimit limit = {100 << 20, RLIM_INFINITY};

	MUST(setrlimit(RLIMIT_AS, &limit) == 0);
	churn(2, 3000);
	int n = blocks();

	churn(3, 3000);
	if (n < 60 || n > 100) {
		dprintf(2, "%d blocks\n", n);
	}
	return n < 60 || n > 100;
}

static int executed(void)
{
	exec_self("limited");
	return 9;
}

int main(int argc, char **argv)
{
	(void)argv;
	churn(1, 5000);
	if (argc > 1) {
		return limited();
	}
	printf("child: %s\n", ended(reap(child(limited))));
	printf("executed: %s\n", ended(reap(child(executed))));
	printf("self: %d\n", limited());
	printf("child of a limited one: %s\n", ended(reap(child(limited))));
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	MUST(prlimit(0, RLIMIT_AS, &all, NULL) == 0);
	crew(3, idle);
	churn(4, 3000);
	return done();
}
