/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_preempt.c - green threads that a timer's handler switches, in the middle of anything but
 * libc's own malloc, which the program guards: also in the middle of what a preload does there
 */
#include "host.h"
#include <ucontext.h>

#define GREEN 6

static ucontext_t green[GREEN + 1];
static volatile int current = GREEN, finished, switches;
static volatile bool over[GREEN];
static int sum[GREEN];

static int next(void)
{
	for (int i = 1; i <= GREEN; i++) {
		int one = (current + i) % GREEN;

		if (!over[one]) {
			return one;
		}
	}
	return GREEN;
}

static void yield(int sig)
{
	int from = current, to = next(), err = errno;

	(void)sig;
	if (from == to) {
		return;
	}
	switches++;
	current = to;
	swapcontext(&green[from], &green[to]);
	errno = err;
}

static void guard(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(how, &set, NULL);
}

static void body(int which)
{
	guard(SIG_UNBLOCK);
	for (int i = 0; i < 3000; i++) {
		void *p;

		guard(SIG_BLOCK);
		p = malloc((size_t)(i * 37 + which) % 4000 + 1);
		guard(SIG_UNBLOCK);
		memset(p, which, 1);
		for (volatile int spin = 0; spin < 2000; spin++) {
		}
		sum[which] += *(char *)p == which;
		guard(SIG_BLOCK);
		free(p);
		guard(SIG_UNBLOCK);
	}
	guard(SIG_BLOCK);
	over[which] = true;
	finished++;
	current = next();
	setcontext(&green[current]);
}

int main(void)
{
	struct sigaction act = {.sa_handler = yield, .sa_flags = SA_RESTART};
	struct itimerval t = {{0, 1000}, {0, 1000}};

	for (int i = 0; i < GREEN; i++) {
		getcontext(&green[i]);
		green[i].uc_stack.ss_size = 32768;
		green[i].uc_stack.ss_sp = malloc(32768);
		makecontext(&green[i], (void (*)(void))body, 1, i);
	}
	sigaction(SIGALRM, &act, NULL);
	guard(SIG_BLOCK);
	setitimer(ITIMER_REAL, &t, NULL);
	current = 0;
	swapcontext(&green[GREEN], &green[0]);
	t = (struct itimerval){{0, 0}, {0, 0}};
	setitimer(ITIMER_REAL, &t, NULL);
	for (int i = 0; i < GREEN; i++) {
		printf("%d: %d\n", i, sum[i]);
	}
	CHECK(switches > 3);
	return done();
}
