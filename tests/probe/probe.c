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
int probe_walk_from(uintptr_t pc, uintptr_t sp, uintptr_t fp, uintptr_t *pcs, int depth,
		    unsigned *flags);
void probe_forget(void);
void probe_seal(void);

/* For real.c, which would bring the allocator's half of the library with it. */
void *real_next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static __attribute__((constructor)) void start(void)
{
	modules_start();
	spans_start();
}

/* The stack of the caller: pcs has room for depth + 1 values. */
EXPORT __attribute__((noinline)) int probe_walk(uintptr_t *pcs, int depth, unsigned *flags)
{
	struct unwind_regs regs = {
		.pc = (uintptr_t)__builtin_return_address(0),
		.sp = (uintptr_t)__builtin_dwarf_cfa(),
		.fp = *(uintptr_t *)__builtin_frame_address(0),
	};

	return (int)unwind_walk(&regs, pcs, (size_t)depth, flags);
}

EXPORT int probe_walk_from(uintptr_t pc, uintptr_t sp, uintptr_t fp, uintptr_t *pcs, int depth,
			   unsigned *flags)
{
	struct unwind_regs regs = {pc, sp, fp};

	return (int)unwind_walk(&regs, pcs, (size_t)depth, flags);
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
