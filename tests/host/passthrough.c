/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passthrough.c - an empty preload: every function of the malloc family, handed on
 *
 * It shows what a host program owes to preloading as such, and what to the profiler: a program that
 * breaks under it is a wrong test. It is also the base that costs are measured against.
 *
 * An IFUNC resolver of a library is run by the loader before this file's own relocations are done
 * (the loader relocates from the last library to the first, and a preload is near the first). Then
 * no GOT entry, no TLS offset and no call into another library works. `self` tells: it is a
 * relocated pointer. Until then blocks come from an arena that needs PC-relative access only.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void *(*real_reallocarray)(void *, size_t, size_t);
static void (*real_free)(void *);
static int (*real_posix_memalign)(void **, size_t, size_t);
static void *(*real_aligned_alloc)(size_t, size_t);
static void *(*real_memalign)(size_t, size_t);
static void *(*real_valloc)(size_t);
static void *(*real_pvalloc)(size_t);
static size_t (*real_usable)(void *);

static char arena[1 << 20] __attribute__((aligned(64)));
static size_t arena_used;
static bool resolving;

static void *self = &self;

static bool relocated(void)
{
	void *here;

	__asm__("lea %1, %0" : "=r"(here) : "m"(self));
	return *(void *volatile *)here == here;
}

static void *arena_alloc(size_t align, size_t size)
{
	size_t at;

	align = align < 16 ? 16 : align;
	at = (arena_used + 16 + align - 1) & ~(align - 1);
	if (size > sizeof(arena) || at + size > sizeof(arena)) {
		return NULL;
	}
	*(size_t *)(arena + at - 16) = size;
	arena_used = at + size;
	return arena + at;
}

static bool in_arena(const void *p)
{
	return (const char *)p >= arena && (const char *)p < arena + sizeof(arena);
}

static size_t arena_size(const void *p)
{
	return *(const size_t *)((const char *)p - 16);
}

static void resolve(void)
{
	resolving = true;
	*(void **)&real_calloc = dlsym(RTLD_NEXT, "calloc");
	*(void **)&real_realloc = dlsym(RTLD_NEXT, "realloc");
	*(void **)&real_reallocarray = dlsym(RTLD_NEXT, "reallocarray");
	*(void **)&real_free = dlsym(RTLD_NEXT, "free");
	*(void **)&real_posix_memalign = dlsym(RTLD_NEXT, "posix_memalign");
	*(void **)&real_aligned_alloc = dlsym(RTLD_NEXT, "aligned_alloc");
	*(void **)&real_memalign = dlsym(RTLD_NEXT, "memalign");
	*(void **)&real_valloc = dlsym(RTLD_NEXT, "valloc");
	*(void **)&real_pvalloc = dlsym(RTLD_NEXT, "pvalloc");
	*(void **)&real_usable = dlsym(RTLD_NEXT, "malloc_usable_size");
	*(void **)&real_malloc = dlsym(RTLD_NEXT, "malloc");
	resolving = false;
}

/* True when the real functions may be called. */
static bool ready(void)
{
	if (__builtin_expect(real_malloc != NULL, 1)) {
		return true;
	}
	if (!relocated() || resolving) {
		return false;
	}
	resolve();
	return real_malloc != NULL;
}

/* Not by the exported name: that goes through the PLT, which works only after relocation. */
static void *take(size_t size)
{
	return ready() ? real_malloc(size) : arena_alloc(16, size);
}

/* For a block of the arena, or none. */
static void *resize(void *p, size_t size)
{
	void *fresh = take(size);

	if (fresh && p) {
		/* A loop: memcpy is not callable before relocation. */
		for (size_t i = 0; i < size && i < arena_size(p); i++) {
			((volatile char *)fresh)[i] = ((char *)p)[i];
		}
	}
	return fresh;
}

EXPORT void *malloc(size_t size)
{
	return take(size);
}

EXPORT void *calloc(size_t n, size_t size)
{
	return ready() ? real_calloc(n, size) : arena_alloc(16, n * size);
}

EXPORT void free(void *p)
{
	if (!p || in_arena(p)) {
		return;
	}
	if (ready()) {
		real_free(p);
	}
}

EXPORT void *realloc(void *p, size_t size)
{
	if (ready() && !in_arena(p)) {
		return real_realloc(p, size);
	}
	return resize(p, size);
}

EXPORT void *reallocarray(void *p, size_t n, size_t size)
{
	if (ready() && !in_arena(p)) {
		return real_reallocarray(p, n, size);
	}
	return resize(p, n * size);
}

EXPORT int posix_memalign(void **p, size_t align, size_t size)
{
	if (ready()) {
		return real_posix_memalign(p, align, size);
	}
	*p = arena_alloc(align, size);
	return *p ? 0 : ENOMEM;
}

EXPORT void *aligned_alloc(size_t align, size_t size)
{
	return ready() ? real_aligned_alloc(align, size) : arena_alloc(align, size);
}

EXPORT void *memalign(size_t align, size_t size)
{
	return ready() ? real_memalign(align, size) : arena_alloc(align, size);
}

EXPORT void *valloc(size_t size)
{
	return ready() ? real_valloc(size) : arena_alloc(4096, size);
}

EXPORT void *pvalloc(size_t size)
{
	return ready() ? real_pvalloc(size) : arena_alloc(4096, (size + 4095) & ~(size_t)4095);
}

EXPORT size_t malloc_usable_size(void *p)
{
	if (in_arena(p)) {
		return arena_size(p);
	}
	return p && ready() ? real_usable(p) : 0;
}
