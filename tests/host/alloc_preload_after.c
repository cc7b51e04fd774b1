/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_preload_after.c - another preloaded malloc after the library: each calls the next
 * host: with=after
 */
#include "host.h"

static void *work(void *arg)
{
	churn((unsigned)(intptr_t)arg, 5000);
	return NULL;
}

int main(void)
{
	work(NULL);
	crew(4, work);
	for (int i = 0; i < 50; i++) {
		CHECK(reap(child(threads_now)) == 1 << 8);
	}
	return done();
}
