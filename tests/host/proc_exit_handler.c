/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_exit_handler.c - handlers for SIGTERM that call exit() at any moment, in the middle of
 * malloc too, as many programs do; and one that aborts host: wide
 */
#include "host.h"

static void leave(int sig)
{
	(void)sig;
	exit(9);
}

static void leave_quickly(int sig)
{
	(void)sig;
	quick_exit(10);
}

static int mode, ready[2];

static int loop(void)
{
	signal(SIGTERM, mode ? leave_quickly : leave);
	MUST(write(ready[1], "x", 1) == 1);
	for (unsigned i = 0;; i++) {
		/* Plain blocks: exit() itself needs no heap. */
		void *p = malloc(i % 3000);

		KEEP(p);
		free(p);
	}
	return 0;
}

int main(void)
{
	int ends[3] = {0, 0, 0};
	char c;

	MUST(pipe(ready) == 0);

	for (int i = 0; i < 60; i++) {
		mode = i % 2;
		pid_t pid = child(loop);

		MUST(read(ready[0], &c, 1) == 1);
		pause_ms(i % 5);
		kill(pid, SIGTERM);
		int status = reap(pid);

		ends[status == 9 << 8 ? 0 : status == 10 << 8 ? 1 : 2]++;
	}
	printf("exit %d, quick_exit %d, otherwise %d\n", ends[0], ends[1], ends[2]);
	close(ready[0]);
	close(ready[1]);
	return done();
}
