/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_deepbind.c - a library opened with RTLD_DEEPBIND uses libc's malloc behind our back
 *
 * Its blocks are freed here and ours there, at the same addresses again and again.
 * host: lib=lib_alloc link=-ldl
 */
#include "host.h"
#include <dlfcn.h>

static void *(*far_malloc)(size_t);
static void *(*far_realloc)(void *, size_t);
static void (*far_free)(void *);

static void *mix(void *arg)
{
	unsigned state = (unsigned)(intptr_t)arg + 5;
	char *p[32] = {0};

	for (int i = 0; i < 40000; i++) {
		unsigned k = host_random(&state) % 32;
		size_t size = host_random(&state) % 700 + 1;

		if (p[k]) {
			CHECK(p[k][0] == (char)k);
		}
		switch (host_random(&state) % 6) {
		case 0:
			free(p[k]);
			p[k] = far_malloc(size);
			break;
		case 1:
			far_free(p[k]);
			p[k] = malloc(size);
			break;
		case 2:
			p[k] = far_realloc(p[k], size);
			break;
		case 3:
			p[k] = realloc(p[k], size);
			break;
		case 4:
			far_free(p[k]);
			p[k] = far_malloc(size);
			break;
		default:
			free(p[k]);
			p[k] = memalign(256, size);
		}
		p[k][0] = (char)k;
	}
	for (int k = 0; k < 32; k++) {
		k % 2 ? far_free(p[k]) : free(p[k]);
	}
	return NULL;
}

int main(void)
{
	void *lib = dlopen("lib_alloc.so", RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);

	MUST(lib);
	*(void **)&far_malloc = dlsym(lib, "lib_malloc");
	*(void **)&far_realloc = dlsym(lib, "lib_realloc");
	*(void **)&far_free = dlsym(lib, "lib_free");
	MUST(far_malloc && far_realloc && far_free);
	mix((void *)77);
	crew(4, mix);
	dlclose(lib);
	return done();
}
