/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_static_tls.c - dlopen of a library with 1.3 KB of initial-exec TLS, once threads run
 *
 * glibc keeps about 1.6 KB of spare static TLS for such libraries; it is the host's.
 * host: lib=lib_tls link=-ldl
 */
#include "host.h"
#include <dlfcn.h>

static int *(*word)(int);

static void *use(void *arg)
{
	churn(9, 500);
	for (int i = 0; i < 320; i++) {
		CHECK(*word(i) == 0);
		*word(i) = i;
	}
	churn(10, 500);
	for (int i = 0; i < 320; i++) {
		CHECK(*word(i) == i);
	}
	return arg;
}

static void *idle(void *arg)
{
	churn(2, 2000);
	return arg;
}

int main(void)
{
	void *lib;

	churn(1, 3000);
	crew(2, idle);
	lib = dlopen("lib_tls.so", RTLD_NOW);
	if (!lib) {
		puts(dlerror());
	}
	MUST(lib);
	*(void **)&word = dlsym(lib, "tls_word");
	use(NULL);
	crew(4, use);
	return done();
}
