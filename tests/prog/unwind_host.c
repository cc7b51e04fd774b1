/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwind_host.c - a C program that is host to unwind_go.go as a library: linked, or by dlopen
 *
 *     unwind_host            the library that it was linked with
 *     unwind_host LIBRARY    this one
 */
#include <dlfcn.h>
#include <stdio.h>

#pragma weak UnwindRunAll
int UnwindRunAll(void);

int main(int argc, char **argv)
{
	int (*run)(void) = UnwindRunAll;

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
