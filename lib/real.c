/* SPDX-License-Identifier: Apache-2.0 */
/*
 * real.c - the functions that we stand in front of, and an arena for calls that come before them
 *
 * Before the loader has relocated this library no pointer in its data is right yet and no call out
 * of it can be made; everything that may run so early (the arena, the check itself) reaches its
 * data relative to the program counter. `relocated` is such a pointer: it is right when it points
 * at itself.
 */
#include "real.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "arch.h"
#include "atomics.h"
#include "filter.h"
#include "thread.h"

#define ARENA_BYTES 65536u

struct arena_block {
	uint64_t size;
	uint64_t pad; /* keeps the block that follows on 16 bytes */
};

enum {
	UNRESOLVED,
	RESOLVING,
	RESOLVED,
};

struct real real;

static const void *const volatile relocated = (const void *)&relocated;

static struct {
	uint32_t phase;
	uint32_t used; /* bytes of the arena handed out; moved by CAS */
} self;

static ARCH_LARGE _Alignas(16) uint8_t arena[ARENA_BYTES];

static bool is_relocated(void)
{
	return relocated == (const void *)&relocated;
}

void *real_arena_alloc(size_t alignment, size_t size)
{
	uintptr_t base = (uintptr_t)arena;
	uint32_t old, end;
	uintptr_t at;

	if (alignment < 16) {
		alignment = 16;
	}
	do {
		old = atomic_load_relaxed(&self.used);
		at = (base + old + sizeof(struct arena_block) + alignment - 1) & ~(alignment - 1);
		if (size > ARENA_BYTES || at + size > base + ARENA_BYTES) {
			if (is_relocated()) {
				errno = ENOMEM;
			}
			return NULL;
		}
		end = (uint32_t)(at + size - base);
	} while (!atomic_cas_relaxed(&self.used, old, end)); /* memory is zero, nothing to order */
	((struct arena_block *)at)[-1].size = size;
	filter_pin((void *)at); /* so that free() takes its slow path, and finds it to be ours */
	return (void *)at;
}

bool real_arena_owns(const void *p)
{
	return (uintptr_t)p - (uintptr_t)arena < ARENA_BYTES;
}

size_t real_arena_size(const void *p)
{
	return ((const struct arena_block *)p)[-1].size;
}

/* What is looked up at its first call, unless a thread comes before. */
static const char *const late_names[] = {"prctl",	  "syscall",	"sigaltstack",
					 "dlclose",	  "free_sized", "free_aligned_sized",
					 "pthread_create"};

#define LATE (sizeof(late_names) / sizeof(late_names[0]))

static struct {
	uint32_t ready; /* PAIR late */
	void *functions[LATE];
} late;

void real_before_threads(void)
{
	int saved = errno;

	if (atomic_load_relaxed(&late.ready) != 0) { /* only a hint: twice is no harm */
		return;
	}
	uint64_t left = thread_begin_ours(); /* the texts of what is not found */

	for (unsigned i = 0; i < LATE; i++) {
		late.functions[i] = dlsym(RTLD_NEXT, late_names[i]);
	}
	thread_end_ours(left);
	atomic_store_release(&late.ready, 1); /* PAIR late: real_next() */
	errno = saved;
}

void *real_next(const char *name)
{
	if (atomic_load_acquire(&late.ready) != 0) { /* PAIR late: real_before_threads() */
		for (unsigned i = 0; i < LATE; i++) {
			if (strcmp(late_names[i], name) == 0) {
				return late.functions[i];
			}
		}
	}
	return dlsym(RTLD_NEXT, name);
}

#if __GLIBC_PREREQ(2, 35)
extern __typeof__(_dl_find_object) _dl_find_object __attribute__((weak));

/* Are the two functions of one library? */
static bool are_kin(void *a, void *b)
{
	struct dl_find_object of_a, of_b;

	return !_dl_find_object ||
	       (_dl_find_object(a, &of_a) == 0 && _dl_find_object(b, &of_b) == 0 &&
		of_a.dlfo_link_map == of_b.dlfo_link_map);
}
#else
static bool are_kin(void *a, void *b)
{
	(void)a;
	(void)b;
	return true;
}
#endif

static void look_up(void)
{
	struct real found = {
		.malloc = (void *(*)(size_t))real_next("malloc"),
		.free = (void (*)(void *))real_next("free"),
		.calloc = (void *(*)(size_t, size_t))real_next("calloc"),
		.realloc = (void *(*)(void *, size_t))real_next("realloc"),
		.posix_memalign = (int (*)(void **, size_t, size_t))real_next("posix_memalign"),
		.aligned_alloc = (void *(*)(size_t, size_t))real_next("aligned_alloc"),
		.memalign = (void *(*)(size_t, size_t))real_next("memalign"),
		.valloc = (void *(*)(size_t))real_next("valloc"),
		.pvalloc = (void *(*)(size_t))real_next("pvalloc"),
		.getauxval = (unsigned long (*)(unsigned long))real_next("getauxval"),
		.clock_gettime = (int (*)(clockid_t, struct timespec *))real_next("clock_gettime"),
		.usable_size = (size_t(*)(void *))real_next("malloc_usable_size"),
		.exit_now = (void (*)(int))real_next("_exit"),
		.quick_exit = (void (*)(int))real_next("quick_exit"),
	};
	void *(*last)(size_t) = found.malloc;

	if (are_kin((void *)found.malloc, (void *)found.usable_size)) {
		found.block_size = found.usable_size;
	}

	/* The fast path asks for real.malloc alone: everything else must be there before it. */
	found.malloc = NULL;
	real = found;
	atomic_store_release(&real.malloc, last); /* PAIR real: real_resolve() */
}

bool real_resolve(void)
{
	if (!is_relocated()) {
		return false;
	}
	if (atomic_load_acquire(&real.malloc) != NULL) { /* PAIR real: look_up() */
		return true;
	}
	if (!atomic_cas_relaxed(&self.phase, UNRESOLVED, RESOLVING)) {
		return false;
	}
	int saved = errno;

	look_up();
	errno = saved;
	atomic_store_relaxed(&self.phase, RESOLVED);
	return true;
}
