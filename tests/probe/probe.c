/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.c - the unwinder as a library of its own, to ask for the stack at a place of one's choice
 *
 * The tests and bench/unwind load it (LD_PRELOAD or dlopen) instead of libleaktrack.so, and find
 * probe_walk() by dlsym. It does what start.c and ready.c do for the real library: coming up, and
 * telling each new thread's stack.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/failure.h"
#include "lib/memo.h"
#include "lib/modules.h"
#include "lib/real.h"
#include "lib/rules.h"
#include "lib/spans.h"
#include "lib/sys.h"
#include "lib/thread.h"
#include "lib/unwind.h"

#define EXPORT __attribute__((visibility("default")))

_Thread_local struct thread thread_state;

struct launch {
	void *(*run)(void *);
	void *arg;
};

int probe_walk(uintptr_t *pcs, int depth, unsigned *flags);
int probe_walk_plain(uintptr_t *pcs, int depth, unsigned *flags);
int probe_walk_memo(uintptr_t *pcs, int depth, unsigned *flags);
int probe_walk_from(uintptr_t pc, uintptr_t sp, uintptr_t fp, uintptr_t *pcs, int depth,
		    unsigned *flags);
void probe_forget(void);
void probe_seal(void);

/* For real.c, which would bring the allocator's half of the library with it. */
void *real_next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* Nothing may be wrong here. */
void failure_note(enum layout_off what)
{
	(void)what;
	abort();
}

static __attribute__((constructor)) void start(void)
{
	modules_start();
	spans_start();
}

/* A macro, for it speaks of the frame it is expanded in. */
#define CALLER_REGS()                                           \
	{                                                       \
		.pc = (uintptr_t)__builtin_return_address(0),   \
		.sp = (uintptr_t)__builtin_dwarf_cfa(),         \
		.fp = *(uintptr_t *)__builtin_frame_address(0), \
	}

#define DEPTH_MOST 1024

/* One for each thread; NULL: all are taken. Not on its stack, which may be small. */
static struct known {
	struct memo memo;
	uintptr_t by_memory[DEPTH_MOST + 1], again[DEPTH_MOST + 1];
	int busy; /* a handler has come between */
} * known(void)
{
	static struct known all[64];
	static unsigned taken;
	static _Thread_local unsigned mine; /* + 1 */

	if (mine == 0) {
		mine = 1 + __atomic_fetch_add(&taken, 1, __ATOMIC_RELAXED);
	}
	return mine <= 64 ? &all[mine - 1] : NULL;
}

/* Walked; then by memory, and walked once more: those must be the same, or that is the end. What
 * the first walk may still learn, the last one tells. */
static int walk(const struct unwind_regs *regs, uintptr_t *pcs, int depth, unsigned *flags)
{
	struct known *k = known();
	int n = (int)unwind_walk(regs, pcs, (size_t)depth, flags);

	if (k == NULL || k->busy || depth > DEPTH_MOST) {
		return n;
	}
	unsigned first, second;

	k->busy = 1;
	size_t m = unwind_walk_memo(regs, &k->memo, k->by_memory, (size_t)depth, &first);

	if (m != unwind_walk(regs, k->again, (size_t)depth, &second) || first != second ||
	    memcmp(k->by_memory, k->again, m * sizeof(uintptr_t)) != 0) {
		static const char what[] = "probe: a walk by memory is another one\n";

		(void)!write(2, what, sizeof what - 1);
		abort();
	}
	k->busy = 0;
	return n;
}

/* The stack of the caller: pcs has room for depth + 1 values. */
EXPORT __attribute__((noinline)) int probe_walk(uintptr_t *pcs, int depth, unsigned *flags)
{
	struct unwind_regs regs = CALLER_REGS();

	return walk(&regs, pcs, depth, flags);
}

EXPORT int probe_walk_from(uintptr_t pc, uintptr_t sp, uintptr_t fp, uintptr_t *pcs, int depth,
			   unsigned *flags)
{
	struct unwind_regs regs = {pc, sp, fp};

	return walk(&regs, pcs, depth, flags);
}

/* For bench/unwind: without the test of one by the other. */
EXPORT __attribute__((noinline)) int probe_walk_plain(uintptr_t *pcs, int depth, unsigned *flags)
{
	struct unwind_regs regs = CALLER_REGS();

	return (int)unwind_walk(&regs, pcs, (size_t)depth, flags);
}

EXPORT __attribute__((noinline)) int probe_walk_memo(uintptr_t *pcs, int depth, unsigned *flags)
{
	struct unwind_regs regs = CALLER_REGS();

	struct known *k = known();

	return (int)unwind_walk_memo(&regs, k ? &k->memo : NULL, pcs, (size_t)depth, flags);
}

EXPORT void probe_forget(void)
{
	rules_forget_all();
}

EXPORT void probe_seal(void)
{
	sys_seal();
}

static void *launch_run(void *argument)
{
	struct launch launch = *(struct launch *)argument;

	free(argument);
	spans_thread_start();
	return launch.run(launch.arg);
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
			  void *arg)
{
	int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
	struct launch *launch = malloc(sizeof *launch);

	*(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
	launch->run = run;
	launch->arg = arg;
	return real(thread, attr, launch_run, launch);
}
