/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_live.c - two million blocks alive at once: bounded memory of the profiler's own, no
 * slowness host: slow time=60
 */
#include "host.h"

#define BLOCKS 2000000

int main(void)
{
	void **p = calloc(BLOCKS, sizeof(*p));
	struct rusage use;

	for (int i = 0; i < BLOCKS; i++) {
		p[i] = malloc(24);
		CHECK(p[i]);
	}
	for (int i = BLOCKS - 1; i >= 0; i -= 2) {
		free(p[i]);
	}
	for (int i = BLOCKS - 1; i >= 0; i -= 2) {
		p[i] = malloc(40);
	}
	for (int i = 0; i < BLOCKS; i++) {
		free(p[i]);
	}
	free(p);
	getrusage(RUSAGE_SELF, &use);
	printf("resident under 400 MB: %d\n", use.ru_maxrss < 400000);
	return done();
}
