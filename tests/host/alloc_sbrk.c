/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_sbrk.c - a program with an sbrk heap of its own beside malloc: the break is left to it
 */
#include "host.h"

int main(void)
{
	char *start, *end;

	mallopt(M_TRIM_THRESHOLD, -1);
	churn(1, 2000);
	start = sbrk(0);
	for (int i = 0; i < 100; i++) {
		end = sbrk(65536);
		CHECK(end == start + 65536 * i);
		memset(end, i, 65536);
		free(malloc(100));
	}
	churn(2, 1000);
	for (int i = 0; i < 100; i++) {
		CHECK(start[65536 * i] == i && start[65536 * i + 65535] == i);
	}
	return done();
}
