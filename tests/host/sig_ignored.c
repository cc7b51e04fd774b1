/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_ignored.c - SIG_IGN: set here, it is kept over exec; inherited, it is seen and kept
 * host: usr2
 */
#include "signals.h"

static const char *next_stage = "1";

static int start(void)
{
	exec_self(next_stage);
	return 1;
}

static int without_preload(void)
{
	execl("/usr/bin/env", "env", "-u", "LD_PRELOAD", "/bin/sh", "-c",
	      "grep -E '^Sig(Ign|Blk)' /proc/self/status", (char *)NULL);
	return 1;
}

int main(int argc, char **argv)
{
	int stage = argc > 1 ? atoi(argv[1]) : 0;

	printf("stage %d: %s, kernel ignores it: %llx\n", stage, disposition(SIGUSR2),
	       signal_bits("SigIgn:") >> (SIGUSR2 - 1) & 1);
	fflush(stdout);
	if (stage) {
		churn(1, 3000);
		kill(getpid(), SIGUSR2);
		CHECK(system("kill -USR2 $PPID") == 0);
		pause_ms(5);
		printf("alive, %s\n", disposition(SIGUSR2));
		fflush(stdout);
		return reap(child(without_preload));
	}
	churn(1, 3000);
	reap(child(without_preload));
	signal(SIGUSR2, SIG_IGN);
	kill(getpid(), SIGUSR2);
	CHECK(reap(child(start)) == 0);
	signal(SIGUSR2, SIG_DFL);
	printf("then %s\n", disposition(SIGUSR2));
	fflush(stdout);
	reap(child(without_preload));
	return done();
}
