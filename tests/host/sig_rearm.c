/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_rearm.c - handlers of a timer set an action while the code they interrupt sets one, and while
 * another thread does; a forked child in the middle of that sets its own
 * host: usr2
 */
#include "host.h"

static volatile bool stop;

static void on_signal(int signal)
{
	(void)signal;
}

static void on_timer(int timer)
{
	(void)timer;
	signal(SIGUSR2, on_signal);
}

static void *beside(void *unused)
{
	while (!stop) {
		signal(SIGUSR2, on_signal);
	}
	return unused;
}

int main(void)
{
	const struct itimerval often = {{0, 100}, {0, 100}}, never = {{0, 0}, {0, 0}};
	struct sigaction now;
	pthread_t thread;
	int status;

	signal(SIGALRM, on_timer);
	MUST(pthread_create(&thread, NULL, beside, NULL) == 0);
	MUST(setitimer(ITIMER_REAL, &often, NULL) == 0);
	for (int i = 0; i < 100; i++) {
		for (int k = 0; k < 500; k++) {
			signal(SIGUSR2, on_signal);
		}
		pid_t child = fork();

		if (child == 0) {
			_exit(signal(SIGUSR2, SIG_DFL) == on_signal ? 0 : 1);
		}
		while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
		}
		CHECK(status == 0);
	}
	MUST(setitimer(ITIMER_REAL, &never, NULL) == 0);
	stop = true;
	pthread_join(thread, NULL);
	CHECK(sigaction(SIGUSR2, NULL, &now) == 0 && now.sa_handler == on_signal);
	return done();
}
