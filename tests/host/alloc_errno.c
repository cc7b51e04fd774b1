/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_errno.c - errno is as before after every call that works, and after every free
 */
#include "host.h"

static void *many(void *arg)
{
	void *p[8] = {0};

	errno = 4321;
	for (int i = 0; i < 60000; i++) {
		int k = i % 8;

		free(p[k]);
		switch (i % 5) {
		case 0:
			p[k] = malloc(i % 3000);
			break;
		case 1:
			p[k] = calloc(3, i % 500);
			break;
		case 2:
			p[k] = realloc(malloc(10), i % 4000 + 1);
			break;
		case 3:
			p[k] = memalign(128, 300);
			break;
		default:
			if (posix_memalign(&p[k], 32, 200)) {
				p[k] = NULL;
			}
		}
		if (errno != 4321) {
			host_fail(__FILE__, __LINE__, "errno stays");
			errno = 4321;
		}
	}
	for (int k = 0; k < 8; k++) {
		free(p[k]);
	}
	CHECK(errno == 4321);
	return arg;
}

int main(void)
{
	errno = 99;
	free(malloc(1));
	CHECK(errno == 99);
	many(NULL);
	crew(4, many);
	errno = 55;
	for (size_t size = 1 << 20; size < (size_t)1 << 27; size *= 2) {
		free(malloc(size));
	}
	CHECK(errno == 55);
	return done();
}
