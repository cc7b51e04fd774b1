/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwind_host.c - a C program that is host to unwind_go.go as a library: linked, or by dlopen
 *
 *     unwind_host            the library that it was linked with
 *     unwind_host LIBRARY    this one
 *     unwind_host LIBRARY LIBRARY
 *                            two Go runtimes: stacks through both, by way of C, both ways round
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#pragma weak UnwindRunAll
int UnwindRunAll(void);

static void *symbol(void *lib, const char *name)
{
	void *at = lib ? dlsym(lib, name) : NULL;

	if (!at) {
		fprintf(stderr, "unwind_host: %s\n", dlerror());
		exit(1);
	}
	return at;
}

static int two(const char *a, const char *b)
{
	void *libs[2] = {dlopen(a, RTLD_NOW | RTLD_LOCAL), dlopen(b, RTLD_NOW | RTLD_LOCAL)};
	int failed = 0;

	for (int i = 0; i < 2; i++) {
		int (*through)(void *), ret;

		*(void **)&through = symbol(libs[i], "UnwindThrough");
		ret = through(symbol(libs[!i], "UnwindLook"));
		if (ret == 77) {
			return 77;
		}
		failed += ret;
	}
	for (int i = 0; i < 2; i++) {
		int (*report)(void);

		*(void **)&report = symbol(libs[i], "UnwindReport");
		failed += report();
	}
	return failed != 0;
}

int main(int argc, char **argv)
{
	int (*run)(void) = UnwindRunAll;

	if (argc > 2) {
		return two(argv[1], argv[2]);
	}
	if (argc > 1) {
		void *lib = dlopen(argv[1], RTLD_NOW);

		if (!lib) {
			fprintf(stderr, "unwind_host: %s\n", dlerror());
			return 1;
		}
		*(void **)&run = dlsym(lib, "UnwindRunAll");
	}
	return run ? run() : 2;
}
