/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_profiler.c - a sampling profiler of the host's own: its SIGALRM handler walks the stack while
 * the code allocates, by backtrace() and by frame pointers
 */
#include "host.h"
#include <execinfo.h>

static int walks, shallow, deepest;

static void handler(int sig)
{
	void *frames[200];
	int n = backtrace(frames, 200);

	(void)sig;
	walks++;
	if (n < 4) {
		shallow++;
	}
	deepest = n > deepest ? n : deepest;
}

static __attribute__((noinline)) void deep(int n)
{
	if (n == 0) {
		churn(1, 40);
	} else {
		deep(n - 1);
	}
	KEEP(&n);
}

static void *work(void *arg)
{
	for (int i = 0; i < 1500; i++) {
		deep(i % 50);
	}
	return arg;
}

int main(void)
{
	struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART};
	struct itimerval fast = {{0, 300}, {0, 300}}, off = {{0, 0}, {0, 0}};
	void *warm[10];

	CHECK(backtrace(warm, 10) > 2);
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &fast, NULL);
	work(NULL);
	crew(3, work);
	setitimer(ITIMER_REAL, &off, NULL);
	printf("walked %d, too shallow %d, deep %d\n", walks > 5, shallow > walks / 4,
	       deepest > 20);
	return done();
}
