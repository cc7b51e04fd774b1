/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shim.c - the exported malloc family, a few instructions each
 *
 * The heap stays the host's: each call goes to the real function, on the fast path as a tail call.
 * malloc charges the thread's countdown, free asks the filter; everything else is out of line.
 * (Counted with callgrind, see bench/loop.sh: 6 instructions on malloc, 6 on free.)
 *
 * Promises to the caller: the value, the alignment and errno are the real function's. A block
 * leaves the live table before the real free takes it back, and enters after the real malloc gave
 * it.
 *
 * malloc also tests whether the real functions are known, for free comes after malloc; the others
 * test for themselves. Blocks of the arena (real.h) and NULL are caught by the filter.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arch.h"
#include "atomics.h"
#include "filter.h"
#include "real.h"
#include "rules.h"
#include "sampler.h"
#include "thread.h"

#define EXPORT	__attribute__((visibility("default")))
#define SLOW	__attribute__((noinline, cold))
#define RARE(x) __builtin_expect((x), 0)

/* The caller of the exported function that tail-called, or inlined, the function this stands in.
 * A macro, for it speaks of the frame it is expanded in; reading the frame's address makes the
 * compiler keep a frame pointer there, with the caller's saved below. */
#define CALLER_REGS()                                           \
	{                                                       \
		.pc = (uintptr_t)__builtin_return_address(0),   \
		.sp = (uintptr_t)__builtin_dwarf_cfa(),         \
		.fp = *(uintptr_t *)__builtin_frame_address(0), \
	}

void *malloc(size_t size);
void free(void *p);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t size);
void *reallocarray(void *p, size_t n, size_t size);
int posix_memalign(void **p, size_t alignment, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size);
void *valloc(size_t size);
void *pvalloc(size_t size);
size_t malloc_usable_size(void *p);
void free_sized(void *p, size_t size);
void free_aligned_sized(void *p, size_t alignment, size_t size);

/* Charge @size and one; true when the slow path has something to do. Never before real.malloc was
 * seen: as long as this library is not relocated, TLS is somewhere else. */
static inline bool charge(size_t size)
{
	return arch_sub_borrow(&thread_self()->countdown, (uint64_t)size + 1);
}

/* The countdown is below zero, which looks like a very long gap, only for moments: what the real
 * function or a handler allocates meanwhile is charged as always, and a handler that jumps out of
 * the real function leaves a thread that goes on to be sampled. */
static inline void take_back(size_t size)
{
	thread_self()->countdown += (uint64_t)size + 1;
}

/* What this thread allocates now is for us (thread.h); NULL: it is not, or the arena is used up. */
static void *for_ourselves(size_t size)
{
	return thread_self()->ours != 0 ? real_arena_alloc(16, size) : NULL;
}

static void sampled(void *p, size_t size, const struct unwind_regs *regs)
{
	(void)charge(size);
	sampler_alloc(p, size, regs);
}

/* The first calls of a process, or rather too early ones: true when the real functions are known
 * now and @size has been charged. */
static SLOW bool begin(size_t size, bool *charged)
{
	if (!real_resolve()) {
		return false;
	}
	*charged = charge(size);
	return true;
}

static SLOW void *malloc_slow(size_t size)
{
	struct unwind_regs regs = CALLER_REGS();
	bool charged = true;

	if (arch_is_null(&real.malloc) && !begin(size, &charged)) {
		return real_arena_alloc(16, size);
	}
	if (!charged) {
		return real.malloc(size);
	}
	take_back(size);
	void *p = for_ourselves(size);

	if (p != NULL) {
		return p;
	}
	p = real.malloc(size);
	sampled(p, size, &regs);
	return p;
}

EXPORT void *malloc(size_t size)
{
	/* PAIR real: look_up() */
	if (RARE(arch_charge(&real.unknown, &thread_self()->countdown, size))) {
		return malloc_slow(size);
	}
	return real.malloc(size);
}

/* @p is about to be freed: it leaves the live table. False: it is NULL or of the arena, and stays.
 */
static bool forget(void *p)
{
	uint32_t entry;

	if (p == NULL || real_arena_owns(p)) {
		return false;
	}
	if (sampler_take(p, &entry)) {
		sampler_freed(entry);
	}
	rules_block_freed(p);
	return true;
}

static SLOW void free_slow(void *p)
{
	if (forget(p)) {
		real.free(p);
	}
}

EXPORT void free(void *p)
{
	if (RARE(filter_may_hold(p))) {
		free_slow(p);
		return;
	}
	real.free(p);
}

static SLOW void *calloc_slow(size_t n, size_t size, size_t bytes)
{
	struct unwind_regs regs = CALLER_REGS();
	bool charged = true;

	if (arch_is_null(&real.malloc) && !begin(bytes, &charged)) {
		return real_arena_alloc(16, bytes); /* never used before: zero */
	}
	if (!charged) {
		return real.calloc(n, size);
	}
	take_back(bytes);
	void *p = for_ourselves(bytes); /* never used before: zero */

	if (p != NULL) {
		return p;
	}
	p = real.calloc(n, size);
	sampled(p, bytes, &regs);
	return p;
}

EXPORT void *calloc(size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		bytes = SIZE_MAX; /* fails, and charges nothing */
	}
	if (RARE(arch_is_null(&real.malloc)) || RARE(charge(bytes))) {
		return calloc_slow(n, size, bytes);
	}
	return real.calloc(n, size);
}

/* A block of the arena cannot grow: move it to the heap. */
static void *realloc_arena(void *p, size_t size)
{
	void *moved = for_ourselves(size);
	size_t old = real_arena_size(p);

	if (moved == NULL) {
		moved = real_resolve() ? real.malloc(size) : real_arena_alloc(16, size);
	}
	if (moved != NULL) {
		memcpy(moved, p, old < size ? old : size);
	}
	return moved;
}

/* realloc counts as the free of one block and the allocation of another. Whether it freed or not
 * when it gave NULL for size 0 is the allocator's choice: glibc frees. */
static SLOW void *realloc_slow(void *p, size_t size, bool charged)
{
	struct unwind_regs regs = CALLER_REGS();
	uint32_t entry;

	if (p != NULL && real_arena_owns(p)) {
		return realloc_arena(p, size);
	}
	if (arch_is_null(&real.malloc) && !begin(size, &charged)) {
		return real_arena_alloc(16, size);
	}
	if (charged) {
		take_back(size);
	}
	void *moved = p == NULL && size != 0 ? for_ourselves(size) : NULL;

	if (moved != NULL) {
		return moved;
	}
	bool taken = p != NULL && filter_may_hold(p) && sampler_take(p, &entry);

	moved = real.realloc(p, size);

	if (taken && moved == NULL && size != 0) {
		sampler_put_back(p, entry);
	} else if (taken) {
		sampler_freed(entry);
	}
	if (charged) {
		sampled(moved, size, &regs);
	}
	return moved;
}

EXPORT void *realloc(void *p, size_t size)
{
	if (RARE(arch_is_null(&real.malloc))) {
		return realloc_slow(p, size, false);
	}
	bool charged = charge(size);

	if (RARE(charged) || RARE(filter_may_hold(p))) {
		return realloc_slow(p, size, charged);
	}
	return real.realloc(p, size);
}

/* The name that this file's realloc has inside the library. */
extern __typeof__(realloc) own_realloc
	__attribute__((alias("realloc"), visibility("hidden"), nothrow, leaf));

/* The program, or a library before us, brings a realloc of its own, but no reallocarray: libc's
 * goes by that realloc. Looked up at the first call, by whoever is there. */
static SLOW void *reallocarray_of_others(void *p, size_t n, size_t size, size_t bytes)
{
	static void *(*next)(void *, size_t, size_t);
	void *(*found)(void *, size_t, size_t) = atomic_load_relaxed(&next);

	if (found == NULL) {
		found = (void *(*)(void *, size_t, size_t))real_next("reallocarray");
		atomic_store_relaxed(&next, found);
	}
	return found != NULL ? found(p, n, size) : realloc(p, bytes); /* glibc before 2.26 */
}

EXPORT void *reallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	if (RARE(arch_is_null(&real.malloc))) {
		return realloc_slow(p, bytes, false);
	}
	if (RARE(realloc != own_realloc)) {
		return reallocarray_of_others(p, n, size, bytes);
	}
	bool charged = charge(bytes);

	if (RARE(charged) || RARE(filter_may_hold(p))) {
		return realloc_slow(p, bytes, charged);
	}
	return real.realloc(p, bytes);
}

static SLOW int posix_memalign_slow(void **p, size_t alignment, size_t size, bool charged)
{
	struct unwind_regs regs = CALLER_REGS();

	if (arch_is_null(&real.malloc) && !begin(size, &charged)) {
		*p = real_arena_alloc(alignment, size);
		return *p != NULL ? 0 : ENOMEM;
	}
	if (charged) {
		take_back(size);
	}
	int failed = real.posix_memalign(p, alignment, size);

	if (charged) {
		sampled(failed != 0 ? NULL : *p, size, &regs);
	}
	return failed;
}

EXPORT int posix_memalign(void **p, size_t alignment, size_t size)
{
	if (RARE(arch_is_null(&real.malloc))) {
		return posix_memalign_slow(p, alignment, size, false);
	}
	if (RARE(charge(size))) {
		return posix_memalign_slow(p, alignment, size, true);
	}
	return real.posix_memalign(p, alignment, size);
}

/* aligned_alloc, memalign, valloc and pvalloc differ in the real function alone. */
enum aligned {
	ALIGNED_ALLOC,
	MEMALIGN,
	VALLOC,
	PVALLOC,
};

static void *real_aligned(enum aligned which, size_t alignment, size_t size)
{
	switch (which) {
	case ALIGNED_ALLOC:
		return real.aligned_alloc(alignment, size);
	case MEMALIGN:
		return real.memalign(alignment, size);
	case VALLOC:
		return real.valloc(size);
	default:
		return real.pvalloc(size);
	}
}

static SLOW void *aligned_slow(enum aligned which, size_t alignment, size_t size, bool charged)
{
	struct unwind_regs regs = CALLER_REGS();

	if (arch_is_null(&real.malloc) && !begin(size, &charged)) {
		return real_arena_alloc(alignment, size);
	}
	if (charged) {
		take_back(size);
	}
	void *p = real_aligned(which, alignment, size);

	if (charged) {
		sampled(p, size, &regs);
	}
	return p;
}

static inline void *aligned(enum aligned which, size_t alignment, size_t size)
{
	if (RARE(arch_is_null(&real.malloc))) {
		return aligned_slow(which, alignment, size, false);
	}
	if (RARE(charge(size))) {
		return aligned_slow(which, alignment, size, true);
	}
	return real_aligned(which, alignment, size);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	return aligned(ALIGNED_ALLOC, alignment, size);
}

EXPORT void *memalign(size_t alignment, size_t size)
{
	return aligned(MEMALIGN, alignment, size);
}

EXPORT void *valloc(size_t size)
{
	return aligned(VALLOC, 4096, size);
}

EXPORT void *pvalloc(size_t size)
{
	return aligned(PVALLOC, 4096, size);
}

/* Only for blocks of the arena, of which the real one knows nothing. */
EXPORT size_t malloc_usable_size(void *p)
{
	if (p == NULL) {
		return 0;
	}
	if (real_arena_owns(p)) {
		return real_arena_size(p);
	}
	return real_resolve() ? real.usable_size(p) : 0;
}

/* C23. The real ones are called where the allocator has them: it may check the size. Looked up at
 * the first call, for glibc before 2.43 has none, and a look-up that fails is the dearest of all.
 * Two threads that ask at once find the same. */
static struct {
	void (*free_sized)(void *p, size_t size);
	void (*free_aligned_sized)(void *p, size_t alignment, size_t size);
} late;

static void no_free_sized(void *p, size_t size)
{
	(void)size;
	free(p);
}

static void no_free_aligned_sized(void *p, size_t alignment, size_t size)
{
	(void)alignment;
	(void)size;
	free(p);
}

EXPORT void free_sized(void *p, size_t size)
{
	void (*found)(void *, size_t) = atomic_load_relaxed(&late.free_sized);

	if (found == NULL) {
		found = (void (*)(void *, size_t))real_next("free_sized");
		found = found != NULL ? found : no_free_sized;
		atomic_store_relaxed(&late.free_sized, found);
	}
	if (found == no_free_sized || forget(p)) {
		found(p, size);
	}
}

EXPORT void free_aligned_sized(void *p, size_t alignment, size_t size)
{
	void (*found)(void *, size_t, size_t) = atomic_load_relaxed(&late.free_aligned_sized);

	if (found == NULL) {
		found = (void (*)(void *, size_t, size_t))real_next("free_aligned_sized");
		found = found != NULL ? found : no_free_aligned_sized;
		atomic_store_relaxed(&late.free_aligned_sized, found);
	}
	if (found == no_free_aligned_sized || forget(p)) {
		found(p, alignment, size);
	}
}
