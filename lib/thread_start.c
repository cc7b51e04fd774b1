/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_start.c - a new thread
 *
 * It starts in launch_run(), which learns the thread's stack bounds outside malloc (asking for them
 * inside it dead-locked two of our peers) and then jumps to the host's function: no frame of ours
 * stays on the stack. Its argument travels in a slot of a fixed table, for the time between
 * pthread_create and the first instructions of the thread; when all are taken a thread starts
 * without us, and its stacks are read by proof (spans.h).
 *
 * Threads that libc makes otherwise (thrd_create, timers) are read so, too.
 */
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "arch.h"
#include "atomics.h"
#include "ready.h"
#include "real.h"
#include "spans.h"
#include "trigger.h"

#define EXPORT	 __attribute__((visibility("default")))
#define LAUNCHES 256u

typedef int pthread_create_fn(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

struct launch {
	uint32_t taken; /* PAIR launch */
	void *(*run)(void *);
	void *arg;
};

static struct {
	pthread_create_fn *create;
} self;

static ARCH_LARGE struct launch launches[LAUNCHES];

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

	if (self.create == NULL) {
		self.create = (pthread_create_fn *)real_next("pthread_create");
	}
	trigger_threads();
	if (ready_is_wanted()) {
		int saved = errno;

		if (ready_make()) {
			(void)ready_enter(); /* a forked child's own, while it has one thread */
		}
		launch = launch_take(run, arg);
		errno = saved;
	}
	if (launch == NULL) {
		return self.create(thread, attr, run, arg);
	}
	int failed = self.create(thread, attr, launch_run, launch);

	if (failed != 0) {
		atomic_store_release(&launch->taken, 0); /* PAIR launch: launch_take() */
	}
	return failed;
}
