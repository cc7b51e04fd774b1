/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_perturb.c - MALLOC_PERTURB_ and glibc tunables still work: fresh blocks hold its byte
 * host: env=MALLOC_PERTURB_=90
 * env=GLIBC_TUNABLES=glibc.malloc.tcache_count=0:glibc.malloc.arena_max=1
 */
#include "host.h"

int main(void)
{
	int strange = 0;

	for (int i = 0; i < 20000; i++) {
		unsigned char *p = malloc(200);

		for (int k = 0; k < 200; k++) {
			strange += p[k] != (90 ^ 0xff);
		}
		free(p);
		p = calloc(10, 20);
		for (int k = 0; k < 200; k++) {
			strange += p[k] != 0;
		}
		free(p);
	}
	printf("strange bytes %d\n", strange);
	churn(1, 2000);
	return done();
}
