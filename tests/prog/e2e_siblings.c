/* SPDX-License-Identifier: Apache-2.0 */
/*
 * e2e_siblings.c - two children of one process, forked one after the other, allocate the same
 * blocks in the same order; each size tells which block it is. Prints their PIDs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void *volatile sink;

int main(void)
{
	pid_t children[2];
	int status;

	for (int i = 0; i < 2000; i++) {
		sink = malloc(100); /* the parent is being sampled */
	}
	for (int c = 0; c < 2; c++) {
		children[c] = fork();
		if (children[c] == 0) {
			for (size_t i = 0; i < 2000; i++) {
				sink = malloc(1000 + i);
			}
			return 0;
		}
		if (waitpid(children[c], &status, 0) != children[c] || status != 0) {
			return 1;
		}
	}
	printf("%d %d\n", (int)children[0], (int)children[1]);
	return 0;
}
