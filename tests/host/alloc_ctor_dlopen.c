/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_ctor_dlopen.c - the same library, opened and closed ten times: threads and children are
 * made with the loader's lock held, while other threads allocate host: slow lib=lib_busy link=-ldl
 */
#include "host.h"
#include <dlfcn.h>

static int stop;

static void *busy(void *arg)
{
	for (unsigned i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
		churn(i % 20, 20);
	}
	return arg;
}

int main(void)
{
	pthread_t id;

	for (int i = 0; i < 10; i++) {
		void *lib = dlopen("lib_busy.so", RTLD_NOW);
		int (*answer)(void);

		MUST(lib);
		*(void **)&answer = dlsym(lib, "busy_answer");
		CHECK(answer() == 3);
		dlclose(lib);
		if (i == 4) {
			pthread_create(&id, NULL, busy, NULL);
		}
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(id, NULL);
	return done();
}
