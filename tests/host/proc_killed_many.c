/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_killed_many.c - thousands of processes that die by SIGKILL with a profile: of their state
 * files the newest few stay, and no more
 * Fails when: dead processes' files are not swept where a new one is made.
 * host: slow murder time=120 calm=thousands_of_short_processes
 */
#include "host.h"

#define PROCESSES 10000
#define KEPT	  20 /* place.h keeps 8, and who looks while another sweeps sees some more */

static int dies(void)
{
	for (int i = 0; i < 40; i++) {
		void *volatile block = malloc(100000); /* 4 MB: eight samples at the default rate */

		CHECK(block);
		free(block);
	}
	raise(SIGKILL);
	return 1;
}

int main(void)
{
	unsigned most = 0;

	for (int i = 0; i < PROCESSES; i++) {
		CHECK(WIFSIGNALED(reap(child(dies))));
		if (i % 100 == 99) {
			unsigned n = state_files();

			most = n > most ? n : most;
		}
	}
	CHECK(most <= KEPT);
	return done();
}
