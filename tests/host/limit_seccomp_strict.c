/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_seccomp_strict.c - SECCOMP_MODE_STRICT: only read, write and exit are left
 *
 * Blocks come from a heap that was grown before; a second process has no heap of samples yet when
 * it enters. host: wide
 */
#include "sandbox.h"

static void small_blocks(void)
{
	void *p[64] = {0};

	for (int i = 0; i < 20000; i++) {
		free(p[i % 64]);
		p[i % 64] = malloc((size_t)(i * 7) % 900);
	}
	for (int i = 0; i < 64; i++) {
		free(p[i]);
	}
}

static int inside(void)
{
	free(malloc(100000));
	MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
	small_blocks();
	say("worked in strict mode\n");
	syscall(SYS_exit, 5);
	return 1;
}

int main(void)
{
	void *keep[100];

	printf("%s\n", ended(reap(child(inside))));
	fflush(stdout);
	for (int i = 0; i < 100; i++) {
		keep[i] = malloc(1000);
	}
	churn(1, 3000);
	for (int i = 0; i < 100; i++) {
		free(keep[i]);
	}
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	printf("%s\n", ended(reap(child(inside))));
	return done();
}
