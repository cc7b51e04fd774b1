/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_mark.c - a request that carries our tool's mark is for the library alone, whatever the host
 * does on SIGUSR2 (LLVM's tools delete their output); one without it reaches the host
 *
 * In a process without the library the mark means nothing: both reach the host.
 * host: usr2 link=-ldl
 */
#include "signals.h"
#include <dlfcn.h>

#define MARK 0x4c4b5452

static void handler(int sig)
{
	(void)sig;
	heard_count++;
}

int main(void)
{
	bool watched = dlsym(RTLD_DEFAULT, "leaktrack_version") != NULL;
	pid_t host = getpid(), pid;

	signal(SIGUSR2, handler);
	churn(1, 3000);
	for (int i = 0; i < 20; i++) {
		pid = fork();
		if (pid == 0) {
			sigqueue(host, SIGUSR2, (union sigval){.sival_int = MARK});
			_exit(0);
		}
		reap(pid);
		churn(2, 100);
	}
	CHECK(heard_count == (watched ? 0 : 20));
	heard_count = 0;
	for (int i = 0; i < 20; i++) {
		pid = fork();
		if (pid == 0) {
			sigqueue(host, SIGUSR2, (union sigval){.sival_int = i});
			_exit(0);
		}
		reap(pid);
		churn(2, 100);
	}
	CHECK(heard_count == 20);
	return done();
}
