/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_snapshot.c - as redis saves: fork with a large heap, the child walks and frees it while the
 * parent changes it
 * host: wide
 */
#include "host.h"

#define BLOCKS 50000

static char *blocks[BLOCKS];

static int walk(void)
{
	for (int i = 0; i < BLOCKS; i++) {
		if (blocks[i][0] != (char)i) {
			return 1;
		}
		free(blocks[i]);
	}
	return 0;
}

int main(void)
{
	pid_t pid[4];

	for (int i = 0; i < BLOCKS; i++) {
		blocks[i] = malloc(100);
		blocks[i][0] = (char)i;
	}
	for (int k = 0; k < 4; k++) {
		pid[k] = child(walk);
		for (int i = 0; i < BLOCKS; i += 3) {
			free(blocks[i]);
			blocks[i] = malloc(200);
			blocks[i][0] = (char)i;
		}
	}
	for (int k = 0; k < 4; k++) {
		CHECK(reap(pid[k]) == 0);
	}
	return done();
}
