/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_off.c - LEAKTRACK=off: the library is there and does nothing, the signal is the host's
 * host: env=LEAKTRACK=off usr2
 */
#include "signals.h"

static int by_default(void)
{
	churn(1, 1000);
	for (;;) {
		pause();
	}
}

int main(void)
{
	pid_t pid;

	churn(1, 5000);
	printf("caught by nobody: %llx\n", signal_bits("SigCgt:"));
	pid = child(by_default);
	kill(pid, SIGUSR2);
	printf("%s\n", ended(reap(pid)));
	CHECK(access("/dev/shm/leaktrack-0", F_OK) == -1);
	return done();
}
