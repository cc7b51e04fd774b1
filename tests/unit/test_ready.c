/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/ready.o lib/state.o lib/place.o lib/filter.o lib/config.o lib/fmt.o lib/say.o */
/* objects: lib/thread_start.o lib/program.o */
/* objects: lib/sandbox.o lib/thread.o lib/failure.o tests/unit/fake_sys.o tests/unit/fake_real.o */
/*
 * Proves: things are made at safe points only (inside dlopen, too), once, and given up after three
 * tries; who forks hears of threads; a forked child forgets the threads that it does not have, also
 * where its first act is to start one; a sandbox that did not come about does not silence us.
 * Fails when: a safe point is taken for granted, or the child's state is made past ready_enter().
 */
#include "ready.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/single_threaded.h>
#include <threads.h>

#include <cmocka.h>

#include "apart.h"
#include "borrow.h"
#include "failure.h"
#include "modules.h"
#include "modules_seen.h"
#include "real.h"
#include "rules.h"
#include "scratch.h"
#include "shm.h"
#include "sigchain.h"
#include "spans.h"
#include "sys.h"
#include "trigger.h"

enum { WAITED = 64 }; /* samples, as ready.h tells */

static struct {
	int scratch, seen, rules, sandbox, retired, threads, told;
	bool guest;
} calls;

void modules_start(void)
{
}

/* The host has no malloc of its own. */
bool modules_find(uintptr_t address, struct module *m)
{
	(void)address;
	(void)m;
	return false;
}

void modules_seen_fork_child(void)
{
	calls.seen++;
}

void scratch_fork_child(void)
{
	calls.scratch++;
}

void rules_ready(void)
{
	calls.sandbox++;
}

void sigchain_retire(void)
{
	calls.retired++;
}

void sigchain_return(void)
{
	calls.retired = 0;
}

void borrow_start(void)
{
}

bool borrow_is_guest(void)
{
	return calls.guest;
}

void rules_fork_child(void)
{
	calls.rules++;
}

void spans_start(void)
{
}

void spans_thread_start(void)
{
	__atomic_add_fetch(&calls.threads, 1, __ATOMIC_RELAXED);
}

void trigger_seal(void)
{
	sys_seal();
}

void trigger_threads(void)
{
	calls.told++;
}

void trigger_unseal(void)
{
	sys_unseal();
}

void *real_next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static void *thread(void *argument)
{
	return argument;
}

static void start_thread(void)
{
	pthread_t id;
	void *got;

	CHECK(pthread_create(&id, NULL, thread, &calls) == 0);
	CHECK(pthread_join(id, &got) == 0 && got == &calls);
}

static void only_safe_points(void *unused)
{
	(void)unused;
	shm_config("1m", "512k");
	__libc_single_threaded = 0;
	CHECK(!ready_try() && state_look() == NULL);
	__libc_single_threaded = 1;
	_r_debug.r_state = RT_ADD; /* nothing of the loader's is asked for */
	CHECK(ready_try() && state_look() != NULL);
	_r_debug.r_state = RT_CONSISTENT;
	CHECK(ready_make());
	__libc_single_threaded = 0;
	CHECK(ready_try());
	state_finish(true);
}

/* The threads came past us. */
static void never_safe(void *unused)
{
	unsigned lost = 0;

	(void)unused;
	shm_config("1m", "512k");
	__libc_single_threaded = 0;
	while (!ready_try()) {
		CHECK(++lost < 1000);
	}
	CHECK(lost == WAITED && state_look() != NULL);
	state_finish(true);
}

#ifndef __SANITIZE_THREAD__
static int c11_thread(void *argument)
{
	return argument == &calls ? -7 : 0;
}

static void first_c11_thread(void *unused)
{
	thrd_t id;
	int got = 0;

	(void)unused;
	shm_config("1m", "512k");
	CHECK(thrd_create(&id, c11_thread, &calls) == thrd_success);
	CHECK(thrd_join(id, &got) == thrd_success && got == -7);
	CHECK(state_look() != NULL && calls.threads == 1 && calls.told == 1);
	state_finish(true);
}
#endif

static void first_thread(void *unused)
{
	(void)unused;
	shm_config("1m", "512k");
	start_thread();
	start_thread();
	CHECK(state_look() != NULL && calls.threads == 2 && calls.told == 2);
	CHECK(calls.scratch == 0 && calls.rules == 0); /* it is no child */
	state_finish(true);
}

static void child_with_thread(void *unused)
{
	(void)unused;
	CHECK(state_look() == NULL);
	start_thread();
	CHECK(state_look() != NULL);
	CHECK(ready_enter() == state_look());
	CHECK(calls.scratch == 1 && calls.seen == 1 && calls.rules == 1);
	state_finish(true);
}

static void child_with_sandbox(void *unused)
{
	(void)unused;
	CHECK(prctl(PR_SET_SECCOMP, 99, 0, 0, 0) < 0 && errno == EINVAL);
	CHECK(!sys_sealed() && state_look() != NULL && calls.rules == 1);
	CHECK(calls.sandbox == 1 && calls.retired == 0);
	state_finish(true);
}

static void children(void *unused)
{
	(void)unused;
	shm_config("1m", "512k");
	CHECK(ready_make());
	CHECK(apart(child_with_thread, NULL) == 0);
	CHECK(apart(child_with_sandbox, NULL) == 0);
	CHECK(calls.rules == 0);
	state_finish(true);
}

static void gives_up(void *unused)
{
	(void)unused;
	shm_config("1m", "512k");
	fake_sys()->no_wipe = true;
	for (int i = 0; i < 10; i++) {
		CHECK(!ready_make());
	}
	fake_sys()->no_wipe = false;
	CHECK(!ready_make() && !ready_try());
	CHECK(failure_off() == LAYOUT_OFF_STATE);
	start_thread();
}

/* In the child of vfork nothing is made: it would be the parent's. */
static void guest(void *unused)
{
	(void)unused;
	shm_config("1m", "512k");
	calls.guest = true;
	CHECK(!ready_make() && ready_enter() == NULL && state_look() == NULL);
	calls.guest = false;
	CHECK(ready_make());
	state_finish(true);
}

/* The state may come later, when there is memory again. */
static void tries_again(void *unused)
{
	(void)unused;
	shm_config("1m", "512k");
	fake_sys()->no_wipe = true;
	CHECK(!ready_make() && !ready_make());
	fake_sys()->no_wipe = false;
	CHECK(ready_make() && failure_off() == LAYOUT_OFF_NOT);
	state_finish(true);
}

static void child_without_memory(void *unused)
{
	struct layout_header later = {0};

	(void)unused;
	fake_sys_fail(1u << FAKE_MMAP, 1, ENOMEM);
	fake_sys()->fail_on = true;
	for (int i = 0; i < 3; i++) {
		CHECK(failure_off() == LAYOUT_OFF_NOT && ready_enter() == NULL);
	}
	CHECK(failure_off() == LAYOUT_OFF_STATE);
	failure_tell(&later);
	CHECK(later.counts.failures == 3);
}

/* A child that can get none of its own is off, its parent is not. */
static void poor_child(void *unused)
{
	(void)unused;
	shm_config("1m", "512k");
	CHECK(ready_make());
	CHECK(apart(child_without_memory, NULL) == 0);
	CHECK(failure_off() == LAYOUT_OFF_NOT && ready_enter() != NULL);
	state_finish(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"only safe points", shm_apart_test, NULL, NULL, (void *)only_safe_points},
		{"never safe", shm_apart_test, NULL, NULL, (void *)never_safe},
#ifndef __SANITIZE_THREAD__ /* which knows threads of pthread_create's only */
		{"first C11 thread", shm_apart_test, NULL, NULL, (void *)first_c11_thread},
#endif
		{"first thread", shm_apart_test, NULL, NULL, (void *)first_thread},
		{"children", shm_apart_test, NULL, NULL, (void *)children},
		{"gives up", shm_apart_test, NULL, NULL, (void *)gives_up},
		{"guest", shm_apart_test, NULL, NULL, (void *)guest},
		{"tries again", shm_apart_test, NULL, NULL, (void *)tries_again},
		{"poor child", shm_apart_test, NULL, NULL, (void *)poor_child},
	};

	return cmocka_run_group_tests(tests, shm_setup, shm_teardown);
}
