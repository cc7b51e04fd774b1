/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_pool.c - an allocator that cannot tell how large a block is: libc's malloc_usable_size
 * would read in front of it, where nothing is host: lib=lib_pool link=$HOST_LIB/lib_pool.so
 */
#include "host.h"

int main(void)
{
	for (int i = 0; i < 3000; i++) {
		char *p = malloc(500);

		MUST(p);
		KEEP(p);
		free(p);
	}
	return done();
}
