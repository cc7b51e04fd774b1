/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_nopie.c - a program at a fixed low address, without frame pointers, unwind tables only
 * where they must be, one section per function, lazy binding host: flags=-no-pie flags=-fno-pie
 * flags=-O3 flags=-fomit-frame-pointer flags=-fno-asynchronous-unwind-tables
 * flags=-fno-unwind-tables flags=-ffunction-sections flags=-Wl,-z,lazy flags=-Wl,--no-eh-frame-hdr
 */
#include "host.h"

static __attribute__((noinline)) void *deep(int n, size_t size)
{
	volatile char pad[48];
	void *p;

	pad[0] = 1;
	p = n ? deep(n - 1, size) : malloc(size);
	KEEP(p);
	return pad[0] ? p : NULL;
}

static void *work(void *arg)
{
	for (int i = 0; i < 3000; i++) {
		free(deep(i % 40, 3000));
	}
	churn((unsigned)(intptr_t)arg, 2000);
	return NULL;
}

int main(void)
{
	work(NULL);
	crew(4, work);
	return done();
}
