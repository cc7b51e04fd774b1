/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_share.c - blocks made by one thread and freed by another, addresses reused at once
 */
#include "host.h"
#include <stdatomic.h>

#define SLOTS 512

static _Atomic(char *) slots[SLOTS];

static void *trade(void *arg)
{
	unsigned state = (unsigned)(intptr_t)arg * 77 + 1;

	for (int i = 0; i < 60000; i++) {
		unsigned k = host_random(&state) % SLOTS;
		size_t size = host_random(&state) % 400 + 8;
		char *p = malloc(size);

		memset(p, (int)(k & 0x7f), size);
		p = atomic_exchange(&slots[k], p);
		if (p) {
			CHECK(p[0] == (char)(k & 0x7f) && p[7] == p[0]);
			if (i % 7 == 0) {
				p = realloc(p, 1000);
				CHECK(p[3] == (char)(k & 0x7f));
			}
			free(p);
		}
	}
	return NULL;
}

int main(void)
{
	crew(8, trade);
	for (int k = 0; k < SLOTS; k++) {
		free(slots[k]);
	}
	return done();
}
