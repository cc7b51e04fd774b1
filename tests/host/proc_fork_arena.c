/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_fork_arena.c - blocks that were allocated while a preload was not relocated: nobody's TLS is
 * changed by that, and a forked child that has allocated can free them
 * host: lib=lib_irelative link=$HOST_LIB/lib_irelative.so
 */
#include "host.h"

int irelative_answer(void);
void *irelative_kept(int which);

int main(void)
{
	uintptr_t first, self;
	int status;

	__asm__("mov %%fs:0, %0" : "=r"(first));
	__asm__("mov %%fs:16, %0" : "=r"(self));
	CHECK(first == self);
	printf("%d\n", irelative_answer());
	churn(1, 100);
	fflush(stdout);
	pid_t child = fork();

	if (child == 0) {
		churn(2, 1000);
		for (int i = 0; i < 4; i++) {
			free(irelative_kept(i));
		}
		_exit(7);
	}
	MUST(child > 0 && waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	return done();
}
