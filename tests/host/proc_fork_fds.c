/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_fork_fds.c - children forked beside a busy thread find the descriptors that the program
 * opened, and no other
 * host: slow wide
 */
#include "host.h"

static volatile bool stop;

static void *busy(void *arg)
{
	while (!stop) {
		churn(3, 300);
	}
	return arg;
}

int main(void)
{
	pthread_t thread;
	int wrong = 0;
	sigset_t all, old;

	/* The main thread hears no signals: the other one does. */
	pthread_create(&thread, NULL, busy, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	for (int i = 0; i < 1500; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			for (int fd = 3; fd < 20; fd++) {
				if (fcntl(fd, F_GETFD) != -1) {
					_exit(1);
				}
			}
			_exit(0);
		}
		wrong += reap(pid) != 0;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	stop = true;
	pthread_join(thread, NULL);
	printf("children with a stranger's descriptor: %d\n", wrong);
	return done();
}
