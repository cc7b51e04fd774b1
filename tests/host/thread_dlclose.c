/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_dlclose.c - libraries that allocate come and go, copies at new addresses and at the same
 * ones; blocks outlive their code
 * host: lib=lib_alloc lib=lib_early link=-ldl
 */
#include "host.h"
#include <dlfcn.h>

static void *kept[400];

static void round_of(const char *name, const char *symbol, int i)
{
	void *lib = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	void *(*twice)(size_t, void *(*)(size_t));

	MUST(lib);
	if (symbol) {
		*(void **)&twice = dlsym(lib, symbol);
		MUST(twice);
		for (int k = 0; k < 30; k++) {
			free(twice(5000, malloc));
		}
		free(kept[i]);
		kept[i] = twice(500, malloc);
	}
	CHECK(dlclose(lib) == 0);
	CHECK(dlopen(name, RTLD_NOW | RTLD_NOLOAD) == NULL);
}

static void *busy(void *arg)
{
	for (int i = 0; i < 150; i++) {
		churn((unsigned)i, 50);
	}
	return arg;
}

int main(void)
{
	pthread_t id[2];
	void *hole[50];

	pthread_create(&id[0], NULL, busy, NULL);
	pthread_create(&id[1], NULL, busy, NULL);
	for (int i = 0; i < 400; i++) {
		round_of("lib_alloc.so", "lib_twice", i);
		round_of("lib_early.so", NULL, i);
		if (i < 50) {
			hole[i] = mmap(NULL, (size_t)(i + 1) << 12, PROT_NONE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			CHECK(hole[i] != MAP_FAILED);
		}
	}
	pthread_join(id[0], NULL);
	pthread_join(id[1], NULL);
	for (int i = 0; i < 400; i++) {
		free(kept[i]);
	}
	return done();
}
