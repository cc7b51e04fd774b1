/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_usable.c - all of what malloc_usable_size tells may be written
 */
#include "host.h"

int main(void)
{
	for (size_t size = 0; size < 5000; size++) {
		char *p = malloc(size);
		size_t room = malloc_usable_size(p);

		CHECK(room >= size && room < size + 600);
		memset(p, 0x5a, room);
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
		free(p);
	}
	return done();
}
