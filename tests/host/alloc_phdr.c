/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_phdr.c - malloc inside dl_iterate_phdr callbacks while other threads dlopen and dlclose
 *
 * A profiler that takes the loader's lock in malloc hangs here.
 * host: lib=lib_alloc lib=lib_early link=-ldl
 */
#include "host.h"
#include <dlfcn.h>
#include <link.h>

static int stop;

static int visit(struct dl_phdr_info *info, size_t size, void *arg)
{
	void *p[4];

	(void)info;
	(void)size;
	for (int i = 0; i < 4; i++) {
		p[i] = malloc(3000 * (i + 1));
	}
	for (int i = 0; i < 4; i++) {
		free(p[i]);
	}
	++*(int *)arg;
	return 0;
}

static void *iterate(void *arg)
{
	int seen = 0;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		dl_iterate_phdr(visit, &seen);
	}
	CHECK(seen > 0);
	return arg;
}

static void *open_close(void *arg)
{
	const char *name = arg ? "lib_early.so" : "lib_alloc.so";

	for (int i = 0; i < 300; i++) {
		void *lib = dlopen(name, RTLD_NOW);

		CHECK(lib);
		free(malloc(20000));
		dlclose(lib);
	}
	return arg;
}

int main(void)
{
	pthread_t a, b, c, d;

	pthread_create(&a, NULL, iterate, NULL);
	pthread_create(&b, NULL, iterate, NULL);
	pthread_create(&c, NULL, open_close, NULL);
	pthread_create(&d, NULL, open_close, (void *)1);
	pthread_join(c, NULL);
	pthread_join(d, NULL);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	return done();
}
