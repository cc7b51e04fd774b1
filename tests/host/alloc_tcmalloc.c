/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_tcmalloc.c - a program linked with tcmalloc
 * host: link=-l:libtcmalloc_minimal.so.4 package=libtcmalloc-minimal4
 */
#include "host.h"

static void *work(void *arg)
{
	churn((unsigned)(intptr_t)arg, 10000);
	return NULL;
}

int main(void)
{
	work(NULL);
	crew(4, work);
	printf("usable 100: %zu\n", malloc_usable_size(malloc(100)));
	return done();
}
