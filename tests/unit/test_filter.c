/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/filter.o tests/unit/fake_sys.o */
/*
 * Proves: 'certainly not' is never said of an address that was added, whatever else shares its
 * counter; counters come back to 0; a full or pinned one is stuck; NULL always takes the slow path;
 * the wide filter does the same, is empty in a child, and is done without where there is no memory.
 * Fails when: a counter wraps, or two threads that step one counter lose a step.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "apart.h"
#include "atomics.h"
#include "fake_sys.h"
#include "filter.h"

/* The n-th address that shares the counter of @p: the product with an odd number is undone. */
static const void *sharing(const void *p, uint32_t n)
{
	uint32_t inverse = 1, hash = (uint32_t)filter_slot(p) << 16;

	for (int i = 0; i < 5; i++) { /* Newton: twice as many right digits each time */
		inverse *= 2 - 2654435769u * inverse;
	}
	return (const void *)(uintptr_t)((hash | (n & 0xffff)) * inverse);
}

static unsigned raised(void)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < FILTER_SLOTS; i++) {
		n += filter_counts[i] != 0;
	}
	return n;
}

static void adds_and_drops(void **unused)
{
	(void)unused;
	filter_clear();
	for (uintptr_t p = 0x10000; p < 0x20000; p += 16) {
		filter_add((void *)p);
		assert_true(filter_may_hold((void *)p));
	}
	for (uintptr_t p = 0x10000; p < 0x20000; p += 16) {
		assert_true(filter_may_hold((void *)p));
		filter_drop((void *)p);
	}
	assert_int_equal(raised(), 1);
}

static void null_is_slow(void **unused)
{
	(void)unused;
	assert_true(filter_may_hold(NULL));
	filter_clear();
	assert_true(filter_may_hold(NULL));
	filter_add(NULL);
	filter_drop(NULL);
	assert_true(filter_may_hold(NULL));
}

static void shared_counter(void **unused)
{
	const void *p = (void *)0x7f1234567890;

	(void)unused;
	filter_clear();
	for (uint32_t n = 0; n < 200; n++) {
		assert_int_equal(filter_slot(sharing(p, n)), filter_slot(p));
		filter_add(sharing(p, n));
	}
	for (uint32_t n = 0; n < 200; n++) {
		assert_true(filter_may_hold(p));
		filter_drop(sharing(p, n));
	}
	assert_false(filter_may_hold(p));
}

static void full_counter_is_stuck(void **unused)
{
	const void *p = (void *)0x7f1234567890;

	(void)unused;
	filter_clear();
	for (uint32_t n = 0; n < 1000; n++) {
		filter_add(sharing(p, n));
		assert_true(filter_may_hold(p));
	}
	for (uint32_t n = 0; n < 1000; n++) {
		filter_drop(sharing(p, n));
	}
	assert_int_equal(filter_counts[filter_slot(p)], FILTER_STUCK);
	filter_clear();
	assert_true(filter_may_hold(p));
	assert_int_equal(raised(), 2);
}

static void pinned_for_good(void **unused)
{
	const void *p = (void *)0x7f1111111110;

	(void)unused;
	filter_pin(p);
	filter_add(p);
	filter_drop(p);
	filter_clear();
	assert_true(filter_may_hold(p));
}

static void spreads(void **unused)
{
	(void)unused;
	filter_clear();
	for (uintptr_t i = 0; i < 20000; i++) {
		filter_add((void *)(0x55555000000 + i * 48));
	}
	/* At random 17,240 of the 65,536 would be hit; consecutive blocks do better. */
	assert_true(raised() > 15000);
	filter_clear();
}

static void *step_often(void *p)
{
	for (int i = 0; i < 20000; i++) {
		filter_add(p);
		if (!filter_may_hold(p)) {
			return p;
		}
		filter_drop(p);
	}
	return NULL;
}

static void threads(void **unused)
{
	enum { N = 4 };
	pthread_t ids[N];
	void *p = (void *)0x7f2222222220;

	(void)unused;
	filter_clear();
	for (int i = 0; i < N; i++) {
		assert_int_equal(pthread_create(&ids[i], NULL, step_often,
						(void *)(uintptr_t)sharing(p, (uint32_t)i)),
				 0);
	}
	for (int i = 0; i < N; i++) {
		void *failed;

		pthread_join(ids[i], &failed);
		assert_null(failed);
	}
	assert_false(filter_may_hold(p));
}

/* In a child: widening is for good. */
static void wide_one(void *unused)
{
	static const uintptr_t far[] = {0, 1ull << 27, 1ull << 33, 0x7f0000000000u};

	(void)unused;
	filter_widen();
	for (unsigned f = 0; f < 4; f++) {
		for (uintptr_t p = 0x10000; p < 0x20000; p += 32) {
			filter_add((void *)(far[f] + p));
		}
	}
	for (unsigned f = 0; f < 4; f++) {
		for (uintptr_t p = 0x10000; p < 0x20000; p += 32) {
			CHECK(filter_may_hold((void *)(far[f] + p)));
			CHECK(filter_holds((void *)(far[f] + p)));
			filter_drop((void *)(far[f] + p));
			CHECK(!filter_holds((void *)(far[f] + p)) || f < 3);
		}
	}
	filter_add((void *)0x777760);
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) { /* its table is new */
		_exit(filter_holds((void *)0x777760));
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0 && filter_holds((void *)0x777760));
}

/* Without memory there is one filter, which serves. */
static void not_wide(void *unused)
{
	(void)unused;
	for (unsigned n = 1; n <= 3; n++) {
		fake_sys_fail(1u << FAKE_MMAP | 1u << FAKE_MPROTECT | 1u << FAKE_MADVISE, n, 12);
		filter_widen();
		filter_add((void *)0x7654320);
		CHECK(filter_holds((void *)0x7654320));
		filter_drop((void *)0x7654320);
		CHECK(!filter_may_hold((void *)0x7654320));
	}
}

static void wide(void **unused)
{
	(void)unused;
	assert_int_equal(apart(wide_one, NULL), 0);
	assert_int_equal(apart(not_wide, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_and_drops),  cmocka_unit_test(null_is_slow),
		cmocka_unit_test(shared_counter),  cmocka_unit_test(full_counter_is_stuck),
		cmocka_unit_test(pinned_for_good), cmocka_unit_test(spreads),
		cmocka_unit_test(threads),	   cmocka_unit_test(wide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
