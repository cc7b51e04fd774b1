/* SPDX-License-Identifier: Apache-2.0 */
/*
 * real.h - the functions that we stand in front of, and an arena for calls that come before them
 *
 * The host's own malloc is the next one in the search order after us (dlsym RTLD_NEXT): glibc's, or
 * the jemalloc, tcmalloc or mimalloc that the program links. The pointers are NULL until
 * real_resolve() has run, once, at the first call; they are constant from then on.
 *
 * All are looked up together (next.h), so that nothing is later, where a thread that waits for the
 * loader's lock may be what the lock's holder, a constructor, waits for.
 *
 * Calls that come while they are being looked up (dlsym, where it is asked, may allocate), or
 * before the dynamic loader has relocated this library (an IFUNC resolver of another library that
 * allocates), are answered from a small static arena. Its blocks are never given back: free()
 * passes them by.
 */
#ifndef LEAKTRACK_REAL_H
#define LEAKTRACK_REAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct real {
	void *(*malloc)(size_t size);
	void (*free)(void *p);
	void *(*calloc)(size_t n, size_t size);
	void *(*realloc)(void *p, size_t size);
	int (*posix_memalign)(void **p, size_t alignment, size_t size);
	void *(*aligned_alloc)(size_t alignment, size_t size);
	void *(*memalign)(size_t alignment, size_t size);
	void *(*valloc)(size_t size);
	void *(*pvalloc)(size_t size);
	size_t (*usable_size)(void *p);
	/* usable_size, where it is of the allocator that malloc is of: an allocator may have none,
	 * and then the next one, libc's, reads in front of blocks that it does not know. */
	size_t (*block_size)(void *p);
	void (*exit_now)(int status);
	void (*quick_exit)(int status);
	/* Not ours, but looked up likewise: a program may have functions of these names. */
	unsigned long (*getauxval)(unsigned long type);
	int (*clock_gettime)(clockid_t clock, struct timespec *now);
	uint8_t unknown; /* 1 until all of these are there: what malloc asks (arch_charge) */
};

/* Read by the shim's fast path; written by real_resolve() only. */
extern __attribute__((visibility("hidden"))) struct real real;

/* real_resolve - look the functions up, if that can be done now
 * Returns true when `real` is complete. false: the caller's request goes to the arena.
 * Context: hot; takes the loader's lock once in a process's life. */
bool real_resolve(void);

/* real_next - the next definition of @name after ours, or NULL. The loader is not asked, but for
 * names that real.c does not list. Context: start. */
void *real_next(const char *name);

/* real_arena_alloc - @alignment a power of two. NULL when the arena is used up, errno = ENOMEM.
 * real_arena_owns - is @p one of its blocks? real_arena_size - how large it is, at least.
 * Context: hot. */
void *real_arena_alloc(size_t alignment, size_t size);
bool real_arena_owns(const void *p);
size_t real_arena_size(const void *p);

#endif
