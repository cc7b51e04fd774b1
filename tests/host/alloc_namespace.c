/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_namespace.c - dlmopen: a second libc in a namespace of its own, whose blocks are not ours
 * host: lib=lib_alloc link=-ldl
 */
#include "host.h"
#include <dlfcn.h>

int main(void)
{
	void *lib = dlmopen(LM_ID_NEWLM, "lib_alloc.so", RTLD_NOW);
	void *(*far_malloc)(size_t);
	char *(*far_strdup)(const char *);
	void (*far_free)(void *);

	NEED(lib, "dlmopen does not work here");
	*(void **)&far_malloc = dlsym(lib, "lib_malloc");
	*(void **)&far_strdup = dlsym(lib, "lib_strdup");
	*(void **)&far_free = dlsym(lib, "lib_free");
	for (int i = 0; i < 5000; i++) {
		char *p = far_strdup("far"), *q = far_malloc(1000);

		CHECK(!strcmp(p, "far"));
		far_free(p);
		far_free(q);
		churn(i, 3);
	}
	dlclose(lib);
	return done();
}
