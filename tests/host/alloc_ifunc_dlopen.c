/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_ifunc_dlopen.c - a library whose resolver, constructor and destructor allocate is opened
 * and closed again and again
 * host: lib=lib_early link=-ldl
 */
#include "host.h"
#include <dlfcn.h>

int main(void)
{
	for (int i = 0; i < 100; i++) {
		void *lib = dlopen("lib_early.so", (i & 1 ? RTLD_NOW : RTLD_LAZY) | RTLD_LOCAL);
		int (*answer)(void);
		void *(*kept)(int);

		MUST(lib);
		*(void **)&answer = dlsym(lib, "early_answer");
		*(void **)&kept = dlsym(lib, "early_kept");
		CHECK(answer && answer() == 42);
		free(kept(0));
		CHECK(dlclose(lib) == 0);
	}
	return done();
}
