/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk.c - the C half of unwind_purego: dlopened by a Go program that has no C in it
 */
#include <dlfcn.h>
#include <stdint.h>

int walk(uintptr_t *pcs, int depth);
int through(void (*f)(int), int k);

__attribute__((noinline)) int walk(uintptr_t *pcs, int depth)
{
	static int (*probe)(uintptr_t *, int, unsigned *);
	unsigned flags = 99;
	int n;

	if (!probe) {
		*(void **)&probe = dlsym(RTLD_DEFAULT, "probe_walk");
	}
	n = probe ? probe(pcs, depth, &flags) : -1;
	return flags ? -1 : n;
}

__attribute__((noinline)) int through(void (*f)(int), int k)
{
	volatile char room[100];

	room[k] = 1;
	f(k);
	return room[k];
}
