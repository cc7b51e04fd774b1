/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_exec_loop.c - a program that executes itself 60 times, allocating in between: same PID,
 * nothing gathers
 * host: murder calm=the_signal_is_fatal_between_exec_and_start
 */
#include "host.h"

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 0;
	char next[16];

	churn((unsigned)n, 1000);
	CHECK(malloc(100) != NULL);
	CHECK(descriptors_now() == 3 && threads_now() == 1 && no_children());
	if (n == 60) {
		return done();
	}
	MUST(!host_failed);
	snprintf(next, sizeof(next), "%d", n + 1);
	exec_self(next);
	return 1;
}
