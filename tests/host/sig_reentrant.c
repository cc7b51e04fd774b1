/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_reentrant.c - sigaction() is async-signal-safe: it is called for SIGUSR2 in a timer's handler
 * that interrupts the same call, by several threads, and in children that are forked meanwhile
 * host: usr2
 */
#include "host.h"

static int stop, ticks;

static void one(int sig)
{
	(void)sig;
}

static void two(int sig)
{
	(void)sig;
}

static void toggle(void)
{
	signal(SIGUSR2, one);
	signal(SIGUSR2, two);
}

static void on_alarm(int sig)
{
	(void)sig;
	toggle();
	ticks++;
}

static void *toggles(void *arg)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		toggle();
	}
	return arg;
}

static int in_child(void)
{
	alarm(10);
	for (int i = 0; i < 20; i++) {
		toggle();
	}
	return 3;
}

int main(void)
{
	/* Not so fast that on a busy machine the next tick is due before the last one's end. */
	struct itimerval fast = {{0, 500}, {0, 500}}, off = {{0, 0}, {0, 0}};
	struct sigaction act = {.sa_handler = on_alarm, .sa_flags = SA_RESTART}, now;
	pthread_t id[2];

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &fast, NULL);
	for (int i = 0; i < 200000; i++) {
		toggle();
	}
	setitimer(ITIMER_REAL, &off, NULL);
	printf("ticks %d\n", ticks > 10);
	signal(SIGALRM, SIG_DFL);
	pthread_create(&id[0], NULL, toggles, NULL);
	pthread_create(&id[1], NULL, toggles, NULL);
	for (int i = 0; i < 200; i++) {
		int status = reap(child(in_child));

		CHECK(status == 3 << 8);
		if (status != 3 << 8) {
			printf("child %d: %s\n", i, ended(status));
			break;
		}
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(id[0], NULL);
	pthread_join(id[1], NULL);
	sigaction(SIGUSR2, NULL, &now);
	CHECK(now.sa_handler == one || now.sa_handler == two);
	return done();
}
