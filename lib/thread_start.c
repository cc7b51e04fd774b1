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
 * C11's threads are the same but for what their function returns. Threads that libc makes for
 * itself, for timers and such, do not come by here and are read by proof, too.
 */
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <threads.h>

#include "arch.h"
#include "atomics.h"
#include "ready.h"
#include "real.h"
#include "spans.h"
#include "trigger.h"

#define EXPORT	 __attribute__((visibility("default")))
#define LAUNCHES 256u

typedef int pthread_create_fn(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
typedef int thrd_create_fn(thrd_t *, thrd_start_t, void *);

union start {
	void *(*posix)(void *);
	thrd_start_t c11;
};

struct launch {
	uint32_t taken; /* PAIR launch */
	union start run;
	void *arg;
};

static struct {
	pthread_create_fn *pthread_create;
	thrd_create_fn *thrd_create;
} self;

static ARCH_LARGE struct launch launches[LAUNCHES];

/* The first instructions of a new thread. Returns what it is to run. */
static inline union start arrive(struct launch *launch, void **arg)
{
	union start run = launch->run;

	*arg = launch->arg;
	atomic_store_release(&launch->taken, 0); /* PAIR launch: launch_take() */
	spans_thread_start();
	return run;
}

static void *launch_posix(void *launch)
{
	void *arg;
	union start start = arrive(launch, &arg);

	return start.posix(arg);
}

static int launch_c11(void *launch)
{
	void *arg;
	union start start = arrive(launch, &arg);

	return start.c11(arg);
}

static struct launch *launch_take(union start run, void *arg)
{
	for (unsigned i = 0; i < LAUNCHES; i++) {
		struct launch *launch = &launches[i];

		if (atomic_load_relaxed(&launch->taken) == 0 &&
		    atomic_cas_acquire(&launch->taken, 0, 1)) { /* PAIR launch: arrive() */
			launch->run = run;
			launch->arg = arg;
			return launch;
		}
	}
	return NULL;
}

/* The caller is about to make a thread. NULL: it shall start without us. */
static struct launch *prepare(union start run, void *arg)
{
	struct launch *launch = NULL;
	int saved = errno;

	trigger_threads();
	if (ready_is_wanted()) {
		if (ready_make()) {
			(void)ready_enter(); /* a forked child's own, while it has one thread */
		}
		launch = launch_take(run, arg);
	}
	errno = saved;
	return launch;
}

static void give_back(struct launch *launch)
{
	atomic_store_release(&launch->taken, 0); /* PAIR launch: launch_take() */
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
			  void *arg)
{
	if (self.pthread_create == NULL) {
		self.pthread_create = (pthread_create_fn *)real_next("pthread_create");
	}
	struct launch *launch = prepare((union start){.posix = run}, arg);

	if (launch == NULL) {
		return self.pthread_create(thread, attr, run, arg);
	}
	int failed = self.pthread_create(thread, attr, launch_posix, launch);

	if (failed != 0) {
		give_back(launch);
	}
	return failed;
}

EXPORT int thrd_create(thrd_t *thread, thrd_start_t run, void *arg)
{
	if (self.thrd_create == NULL) {
		self.thrd_create = (thrd_create_fn *)real_next("thrd_create");
	}
	if (self.thrd_create == NULL) {
		return thrd_error; /* glibc before 2.28 */
	}
	struct launch *launch = prepare((union start){.c11 = run}, arg);

	if (launch == NULL) {
		return self.thrd_create(thread, run, arg);
	}
	int failed = self.thrd_create(thread, launch_c11, launch);

	if (failed != thrd_success) {
		give_back(launch);
	}
	return failed;
}
