/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ready.c - safe points
 *
 * A new thread starts in launch_run(), which learns the thread's stack bounds outside malloc
 * (asking for them inside it dead-locked two of our peers) and then jumps to the host's function:
 * no frame of ours stays on the stack. Its argument travels in a slot of a fixed table, for the
 * time between pthread_create and the first instructions of the thread; when all are taken a thread
 * starts without us, and its stacks are read by proof (spans.h).
 */
#include "ready.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/single_threaded.h>

#include "arch.h"
#include "atomics.h"
#include "borrow.h"
#include "config.h"
#include "failure.h"
#include "modules.h"
#include "modules_seen.h"
#include "real.h"
#include "rules.h"
#include "scratch.h"
#include "spans.h"
#include "state.h"
#include "sys.h"

#define EXPORT	 __attribute__((visibility("default")))
#define LAUNCHES 256u

enum {
	NOT_MADE,
	MAKING,
	MADE,
};

enum {
	HOST_UNKNOWN,
	HOST_OURS,
	HOST_ITSELF,
};

typedef int pthread_create_fn(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

struct launch {
	uint32_t taken; /* PAIR launch */
	void *(*run)(void *);
	void *arg;
};

static struct {
	uint32_t phase;
	uint32_t host; /* whose malloc the program calls: HOST_*; each thread finds the same */
	pthread_create_fn *pthread_create;
} self;

static ARCH_LARGE struct launch launches[LAUNCHES];

void ready_start(void)
{
	borrow_start();
	modules_start();
	spans_start();
}

/* Once, and with signals blocked: a handler that came between might jump out of it. */
static bool make(void)
{
	bool made = state_make();

	if (!made) {
		failure_note(LAYOUT_OFF_STATE);
		if (failure_off() != LAYOUT_OFF_NOT) {
			return false; /* MAKING for ever */
		}
	} else {
		failure_tell(state_look());
	}
	atomic_store_release(&self.phase, made ? MADE : NOT_MADE); /* PAIR ready: ready_make() */
	return made;
}

bool ready_make(void)
{
	uint64_t all = UINT64_MAX, mask = 0;

	if (atomic_load_acquire(&self.phase) == MADE) { /* PAIR ready: make() */
		return true;
	}
	if (borrow_is_guest() || !atomic_cas_acquire(&self.phase, NOT_MADE, MAKING)) {
		return false; /* somebody is at it; maybe we, below a handler */
	}
	(void)sys_sigmask(SIG_SETMASK, &all, &mask);
	bool made = make();

	(void)sys_sigmask(SIG_SETMASK, &mask, NULL);
	return made;
}

bool ready_try(void)
{
	if (atomic_load_acquire(&self.phase) == MADE) { /* PAIR ready: ready_make() */
		return true;
	}
	if (!__libc_single_threaded || _r_debug.r_state != RT_CONSISTENT) {
		return false;
	}
	return ready_make();
}

struct layout_header *ready_enter(void)
{
	bool is_child = state_look() == NULL;

	if (is_child && borrow_is_guest()) {
		return NULL; /* of a process that has not made its own yet */
	}
	struct layout_header *h = state_enter();

	if (h == NULL && is_child) {
		failure_note(LAYOUT_OFF_STATE);
	} else if (is_child) {
		failure_tell(h); /* who forks while it is off has children that are */
		scratch_fork_child();
		modules_seen_fork_child();
		rules_fork_child();
	}
	return h;
}

/* Is there anything to be ready for? Not where we are off, nor where the program brings a malloc of
 * its own (sanitizers, a jemalloc linked in): then no allocation comes to us, and its threads may
 * not even bear the few calls that we make in them. */
bool ready_is_wanted(void)
{
	if (config_get()->rate == 0) {
		return false; /* not read yet, or off */
	}
	if (self.host == HOST_UNKNOWN) {
		uintptr_t found = (uintptr_t)dlsym(RTLD_DEFAULT, "malloc");
		struct module m;
		bool foreign =
			modules_find(found, &m) && (uintptr_t)&self - m.start >= m.end - m.start;

		self.host = foreign ? HOST_ITSELF : HOST_OURS;
	}
	return self.host == HOST_OURS;
}

static void *launch_run(void *argument)
{
	struct launch *launch = argument;
	void *(*run)(void *) = launch->run;
	void *arg = launch->arg;

	atomic_store_release(&launch->taken, 0); /* PAIR launch: launch_take() */
	spans_thread_start();
	return run(arg);
}

static struct launch *launch_take(void *(*run)(void *), void *arg)
{
	for (unsigned i = 0; i < LAUNCHES; i++) {
		struct launch *launch = &launches[i];

		if (atomic_load_relaxed(&launch->taken) == 0 &&
		    atomic_cas_acquire(&launch->taken, 0, 1)) { /* PAIR launch: launch_run() */
			launch->run = run;
			launch->arg = arg;
			return launch;
		}
	}
	return NULL;
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
			  void *arg)
{
	struct launch *launch = NULL;

	if (self.pthread_create == NULL) {
		self.pthread_create = (pthread_create_fn *)real_next("pthread_create");
	}
	if (ready_is_wanted()) {
		int saved = errno;

		if (ready_make()) {
			(void)ready_enter(); /* a forked child's own, while it has one thread */
		}
		launch = launch_take(run, arg);
		errno = saved;
	}
	if (launch == NULL) {
		return self.pthread_create(thread, attr, run, arg);
	}
	int failed = self.pthread_create(thread, attr, launch_run, launch);

	if (failed != 0) {
		atomic_store_release(&launch->taken, 0); /* PAIR launch: launch_take() */
	}
	return failed;
}
