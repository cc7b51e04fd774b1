/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_ctor_waits.c - dlopen whose constructor waits for a thread: the thread needs no loader, so
 * nothing that it calls may ask for the loader's lock behind its back
 * host: lib=lib_waits link=-ldl usr2
 */
#include "host.h"
#include <dlfcn.h>

int main(void)
{
	void *lib = dlopen("lib_waits.so", RTLD_NOW);
	int (*answer)(void);

	MUST(lib);
	*(void **)&answer = dlsym(lib, "waits_answer");
	printf("answer %d\n", answer());
	dlclose(lib);
	churn(1, 2000);
	return done();
}
