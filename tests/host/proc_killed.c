/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_killed.c - children killed at random moments while they allocate: state files of the dead do
 * not pile up
 * host: wide murder time=40
 */
#include "host.h"

static int loop(void)
{
	for (unsigned i = 0;; i++) {
		churn(i, 20);
	}
}

int main(void)
{
	for (int i = 0; i < 100; i++) {
		pid_t pid = child(loop);

		pause_ms(i % 4);
		kill(pid, SIGKILL);
		CHECK(WIFSIGNALED(reap(pid)));
	}
	CHECK(state_files() <= 20); /* place.h keeps 8 */
	return done();
}
