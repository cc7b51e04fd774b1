/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passthrough.c - a preload that does nothing but hand the malloc family on, as tail calls
 *
 * The floor for whatever is preloaded: nobody can do with fewer instructions. Not for strange
 * programs (tests/host/passthrough.c is): it knows no call before its own relocation, and one
 * thread before it knows the real functions.
 */
#include <dlfcn.h>
#include <stddef.h>

/* Each function is called through a pointer, which first leads to one that looks the real one up.
 */
#define HAND_ON(type, name, parameters, arguments)                         \
	static type first_##name parameters;                               \
	static type(*real_##name) parameters = first_##name;               \
	static type first_##name parameters                                \
	{                                                                  \
		real_##name = (type(*) parameters)dlsym(RTLD_NEXT, #name); \
		return real_##name arguments;                              \
	}                                                                  \
	type name parameters;                                              \
	type name parameters                                               \
	{                                                                  \
		return real_##name arguments;                              \
	}

HAND_ON(void *, malloc, (size_t size), (size))
HAND_ON(void *, calloc, (size_t n, size_t size), (n, size))
HAND_ON(void *, realloc, (void *p, size_t size), (p, size))
HAND_ON(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
HAND_ON(void *, memalign, (size_t alignment, size_t size), (alignment, size))
HAND_ON(int, posix_memalign, (void **p, size_t alignment, size_t size), (p, alignment, size))
HAND_ON(void, free, (void *p), (p))
