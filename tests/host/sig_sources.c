/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_sources.c - SIGUSR2 that the kernel sends: POSIX timers, file readiness, a parent's death;
 * si_pid means nothing there
 * host: usr2 link=-lrt
 */
#include "signals.h"

static int timers, others, strange;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (sig != SIGUSR2) {
		strange++;
	} else if (info->si_code == SI_TIMER && info->si_value.sival_int == 1234) {
		timers++;
	} else {
		others++;
	}
}

static void by_timer(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
	struct itimerspec once = {{0, 0}, {0, 1000000}};
	timer_t id;

	event.sigev_value.sival_int = 1234;
	MUST(timer_create(CLOCK_MONOTONIC, &event, &id) == 0);
	for (int i = 0; i < 30; i++) {
		int before = timers;

		timer_settime(id, 0, &once, NULL);
		for (int k = 0; timers == before && k < 100000; k++) {
			churn((unsigned)k % 7, 5);
		}
	}
	timer_delete(id);
	printf("timers %d\n", timers);
}

static void by_readiness(void)
{
	int fd[2];

	MUST(pipe(fd) == 0);
	fcntl(fd[0], F_SETOWN, getpid());
	fcntl(fd[0], F_SETSIG, SIGUSR2);
	fcntl(fd[0], F_SETFL, O_ASYNC | O_NONBLOCK);
	for (int i = 0; i < 20; i++) {
		int before = others;
		char c;

		CHECK(write(fd[1], "x", 1) == 1);
		for (int k = 0; others == before && k < 100000; k++) {
			churn((unsigned)k % 7, 5);
		}
		CHECK(read(fd[0], &c, 1) == 1);
	}
	printf("ready %d, strange %d\n", others, strange);
	close(fd[0]);
	close(fd[1]);
}

static int ready[2];

static int dying_parent(void)
{
	char c;
	int words[2];

	MUST(pipe(words) == 0);
	if (fork() == 0) {
		others = 0;
		prctl(PR_SET_PDEATHSIG, SIGUSR2);
		MUST(write(words[1], "x", 1) == 1);
		for (int k = 0; others == 0 && k < 400; k++) {
			pause_ms(5);
		}
		MUST(write(ready[1], others == 1 ? "1" : "0", 1) == 1);
		_exit(0);
	}
	MUST(TEMP_FAILURE_RETRY(read(words[0], &c, 1)) == 1);
	return 0;
}

static int default_timer(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
	struct itimerspec once = {{0, 0}, {0, 1000000}};
	timer_t id;

	signal(SIGUSR2, SIG_DFL);
	MUST(timer_create(CLOCK_MONOTONIC, &event, &id) == 0);
	timer_settime(id, 0, &once, NULL);
	for (int i = 0; i < 40; i++) {
		pause_ms(5);
	}
	return 5;
}

int main(void)
{
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
	char c = 0;

	sigaction(SIGUSR2, &act, NULL);
	by_timer();
	by_readiness();
	MUST(pipe(ready) == 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	reap(child(dying_parent));
	CHECK(TEMP_FAILURE_RETRY(read(ready[0], &c, 1)) == 1);
	printf("parent's death: %c\n", c);
	CHECK(TEMP_FAILURE_RETRY(wait(NULL)) > 0);
	close(ready[0]);
	close(ready[1]);
	printf("by default a timer's signal: %s\n", ended(reap(child(default_timer))));
	return done();
}
