/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_eintr.c - which calls a handler interrupts: with SA_RESTART they go on, without they fail
 * host: usr2
 */
#include "signals.h"
#include <semaphore.h>

static int data[2];

static void handler(int sig)
{
	(void)sig;
	__atomic_add_fetch(&heard_count, 1, __ATOMIC_RELAXED);
}

/* Sends three signals 15 ms apart, then a byte that ends a restarted read. */
static pid_t sender(int sig)
{
	pid_t host = getpid(), pid = fork();

	MUST(pid >= 0);
	if (pid == 0) {
		for (int i = 0; i < 3; i++) {
			pause_ms(15);
			kill(host, sig);
		}
		pause_ms(15);
		MUST(write(data[1], "x", 1) == 1);
		_exit(0);
	}
	return pid;
}

static void try(int sig, int flags)
{
	struct sigaction act = {.sa_handler = handler, .sa_flags = flags};
	int interrupted = 0;
	char c;

	heard_count = 0;
	sigaction(sig, &act, NULL);
	pid_t pid = sender(sig);

	while (read(data[0], &c, 1) != 1) {
		CHECK(errno == EINTR);
		interrupted++;
	}
	CHECK(reap(pid) == 0);
	printf("signal %d flags %x: read interrupted %d, handled %d\n", sig, (unsigned)flags,
	       interrupted, heard_count);
	pid = sender(sig);
	interrupted = 0;
	for (;;) {
		struct pollfd ready = {data[0], POLLIN, 0};

		if (poll(&ready, 1, -1) == 1) {
			break;
		}
		CHECK(errno == EINTR);
		interrupted++;
	}
	CHECK(read(data[0], &c, 1) == 1);
	CHECK(reap(pid) == 0);
	printf("poll interrupted %d\n", interrupted);
}

int main(void)
{
	churn(1, 3000);
	MUST(pipe(data) == 0);
	try(SIGUSR1, 0);
	try(SIGUSR1, SA_RESTART);
	try(SIGUSR2, 0);
	try(SIGUSR2, SA_RESTART);
	try(SIGUSR2, SA_NODEFER);
	close(data[0]);
	close(data[1]);
	return done();
}
