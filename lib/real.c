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
#include "next.h"
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

struct real real = {.unknown = 1};

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

/* All that is looked up. What `real` does not hold by name is asked for by real_next(). */
enum name {
	MALLOC,
	FREE,
	CALLOC,
	REALLOC,
	POSIX_MEMALIGN,
	ALIGNED_ALLOC,
	MEMALIGN,
	VALLOC,
	PVALLOC,
	USABLE_SIZE,
	GETAUXVAL,
	CLOCK_GETTIME,
	EXIT_NOW,
	QUICK_EXIT,
	NAMES = 35,
};

static const char names[NAMES][NEXT_NAME] = {
	[MALLOC] = "malloc",
	[FREE] = "free",
	[CALLOC] = "calloc",
	[REALLOC] = "realloc",
	[POSIX_MEMALIGN] = "posix_memalign",
	[ALIGNED_ALLOC] = "aligned_alloc",
	[MEMALIGN] = "memalign",
	[VALLOC] = "valloc",
	[PVALLOC] = "pvalloc",
	[USABLE_SIZE] = "malloc_usable_size",
	[GETAUXVAL] = "getauxval",
	[CLOCK_GETTIME] = "clock_gettime",
	[EXIT_NOW] = "_exit",
	[QUICK_EXIT] = "quick_exit",
	"sigaction",
	"signal",
	"sysv_signal",
	"sigset",
	"sigaltstack",
	"prctl",
	"syscall",
	"pthread_create",
	"thrd_create",
	"dlclose",
	"dl_iterate_phdr",
	"pthread_getattr_np",
	"pthread_attr_getstack",
	"pthread_attr_destroy",
	"free_sized",
	"free_aligned_sized",
	"reallocarray",
	"siginterrupt",
	"setrlimit",
	"prlimit",
	"__register_atfork",
};

static void *found[NAMES]; /* written before real.malloc, constant after */

void *real_next(const char *name)
{
	if (real_resolve()) {
		for (unsigned i = 0; i < NAMES; i++) {
			if (names[i][0] == name[0] && strcmp(names[i], name) == 0) {
				return found[i];
			}
		}
	}
	uint64_t left = thread_begin_ours(); /* the text of what is not found */
	void *next = dlsym(RTLD_NEXT, name);

	thread_end_ours(left);
	return next;
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

static void find(void)
{
	if (next_find(names, NAMES, found) && found[MALLOC] != NULL) {
		return;
	}
	for (unsigned i = 0; i < NAMES; i++) {
		found[i] = dlsym(RTLD_NEXT, names[i]);
	}
}

static void look_up(void)
{
	find();
	real.free = (void (*)(void *))found[FREE];
	real.calloc = (void *(*)(size_t, size_t))found[CALLOC];
	real.realloc = (void *(*)(void *, size_t))found[REALLOC];
	real.posix_memalign = (int (*)(void **, size_t, size_t))found[POSIX_MEMALIGN];
	real.aligned_alloc = (void *(*)(size_t, size_t))found[ALIGNED_ALLOC];
	real.memalign = (void *(*)(size_t, size_t))found[MEMALIGN];
	real.valloc = (void *(*)(size_t))found[VALLOC];
	real.pvalloc = (void *(*)(size_t))found[PVALLOC];
	real.getauxval = (unsigned long (*)(unsigned long))found[GETAUXVAL];
	real.clock_gettime = (int (*)(clockid_t, struct timespec *))found[CLOCK_GETTIME];
	real.usable_size = (size_t(*)(void *))found[USABLE_SIZE];
	real.exit_now = (void (*)(int))found[EXIT_NOW];
	real.quick_exit = (void (*)(int))found[QUICK_EXIT];
	if (are_kin(found[MALLOC], found[USABLE_SIZE])) {
		real.block_size = real.usable_size;
	}
	/* The others ask for real.malloc alone: everything else must be there before it.
	 * PAIR real: real_resolve() */
	atomic_store_release(&real.malloc, (void *(*)(size_t))found[MALLOC]);
	atomic_store_release(&real.unknown, 0); /* PAIR real: malloc(), which loads it first */
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
