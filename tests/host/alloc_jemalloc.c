/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_jemalloc.c - a program linked with jemalloc: its heap, through us, and its own functions
 * host: link=-ljemalloc package=libjemalloc-dev
 */
#include "host.h"

void *mallocx(size_t size, int flags);
void dallocx(void *p, int flags);
int mallctl(const char *name, void *old, size_t *old_size, void *fresh, size_t size);

static void *work(void *arg)
{
	churn((unsigned)(intptr_t)arg, 10000);
	for (int i = 0; i < 1000; i++) {
		void *p = mallocx(100, 0);

		free(p);
		p = malloc(100);
		dallocx(p, 0);
	}
	return NULL;
}

int main(void)
{
	const char *version = NULL;
	size_t size = sizeof(version);

	work(NULL);
	crew(4, work);
	CHECK(mallctl("version", &version, &size, NULL, 0) == 0 && version);
	printf("usable 100: %zu\n", malloc_usable_size(malloc(100)));
	return done();
}
