/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_off.c - LEAKTRACK=off: the library is there and does nothing, the signal is the host's
 * host: env=LEAKTRACK=off usr2
 */
#include "signals.h"
#include <glob.h>

static int by_default(void)
{
	churn(1, 1000);
	for (;;) {
		pause();
	}
}

int main(void)
{
	char mine[64];
	glob_t found;
	pid_t pid;

	churn(1, 5000);
	printf("caught by nobody: %llx\n", signal_bits("SigCgt:"));
	pid = child(by_default);
	kill(pid, SIGUSR2);
	printf("%s\n", ended(reap(pid)));
	snprintf(mine, sizeof(mine), "/dev/shm/leaktrack-%d/%d.*", (int)geteuid(), (int)getpid());
	CHECK(glob(mine, 0, NULL, &found) == GLOB_NOMATCH);
	return done();
}
