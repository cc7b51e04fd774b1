/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/sys.o */
/*
 * Proves: a thread that holds its signals back when a sandbox closes gets its mask back, for the
 * door waits for it; in a sandbox nothing is held back, and a door that was opened again is open.
 * Fails when: the seal falls between sys_block() and sys_unblock().
 */
#include "sys.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "atomics.h"

static uint32_t is_blocked, is_sealed; /* what the two threads have come to */

static void *hold(void *own_mask)
{
	uint64_t mask;

	if (!sys_block(&mask)) {
		return NULL;
	}
	atomic_store_relaxed(&is_blocked, 1);
	while (!sys_sealed()) { /* the other one is in sys_seal() now, and waits for us */
	}
	bool too_early = atomic_load_relaxed(&is_sealed) != 0;

	sys_unblock(mask);
	return !too_early && pthread_sigmask(SIG_SETMASK, NULL, own_mask) == 0 ? own_mask : NULL;
}

static void seal_beside_a_block(void **unused)
{
	sigset_t wanted, own;
	pthread_t thread;
	void *result;

	(void)unused;
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGUSR1);
	assert_int_equal(pthread_sigmask(SIG_SETMASK, &wanted, NULL), 0);
	assert_int_equal(pthread_create(&thread, NULL, hold, &own), 0);
	while (atomic_load_relaxed(&is_blocked) == 0) {
	}
	sys_seal();
	atomic_store_relaxed(&is_sealed, 1);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_non_null(result);
	assert_true(sigismember(&own, SIGUSR1));
	assert_false(sigismember(&own, SIGUSR2));
	assert_false(sigismember(&own, SIGTERM));
}

static void sealed(void **unused)
{
	uint64_t mask = 77;

	(void)unused;
	sys_seal();
	assert_false(sys_block(&mask));
	assert_int_equal(sys_getpid(), -EPERM);
	sys_unseal();
	assert_int_equal(sys_getpid(), getpid());
	assert_true(sys_block(&mask));
	sys_unblock(mask);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seal_beside_a_block),
		cmocka_unit_test(sealed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
