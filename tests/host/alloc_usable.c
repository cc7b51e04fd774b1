/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_usable.c - malloc_usable_size is glibc's own, and all of it may be written
 */
#include "host.h"

int main(void)
{
	unsigned long sum = 0;

	for (size_t size = 0; size < 5000; size++) {
		char *p = malloc(size);
		size_t room = malloc_usable_size(p);

		CHECK(room >= size);
		memset(p, 0x5a, room);
		sum += room;
		p = realloc(p, size * 2 + 8);
		CHECK(!room || p[0] == 0x5a);
		memset(p, 0x5b, malloc_usable_size(p));
		free(p);
	}
	for (size_t size = 100000; size < 100000000; size = size * 3 / 2) {
		char *p = malloc(size);
		size_t room = malloc_usable_size(p);

		CHECK(p && room >= size);
		p[0] = p[room - 1] = 1;
		sum += room;
		free(p);
	}
	printf("sum %lu\n", sum);
	return done();
}
