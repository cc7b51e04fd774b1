/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_next.c - a program that looks malloc up by itself, in every way dlsym offers
 * host: link=-ldl
 */
#include "host.h"
#include <dlfcn.h>

static void try_pair(void *m, void *f)
{
	void *(*alloc)(size_t);
	void (*give)(void *);

	*(void **)&alloc = m;
	*(void **)&give = f;
	MUST(alloc && give);
	for (int i = 0; i < 3000; i++) {
		void *p = alloc(1000);

		free(p);
		p = malloc(1000);
		give(p);
	}
}

int main(void)
{
	void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);

	MUST(libc);
	try_pair(dlsym(RTLD_DEFAULT, "malloc"), dlsym(RTLD_DEFAULT, "free"));
	try_pair(dlsym(RTLD_NEXT, "malloc"), dlsym(RTLD_NEXT, "free"));
	try_pair(dlsym(libc, "malloc"), dlsym(libc, "free"));
	try_pair(dlsym(libc, "__libc_malloc"), dlsym(libc, "__libc_free"));
	try_pair(dlvsym(libc, "malloc", "GLIBC_2.2.5"), dlvsym(libc, "free", "GLIBC_2.2.5"));
	CHECK(!dlsym(RTLD_DEFAULT, "no_such_symbol_here"));
	CHECK(dlerror() && !dlerror());
	return done();
}
