/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/failure.o tests/unit/fake_real.o */
/*
 * Proves: what should never be switches sampling off at once; what may pass does so when it came
 * often enough, for long enough, and nothing passed between; the first reason stays; each is
 * counted and told in the state file, in a later one too.
 * Fails when: a busy second is taken for a broken process, or a broken one goes on.
 */
#include "failure.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "apart.h"
#include "real.h"
#include "state.h"

static struct layout_header header, *state;
static time_t second = 1000;

struct layout_header *state_look(void)
{
	return state;
}

static int clock_of_test(clockid_t clock, struct timespec *now)
{
	(void)clock;
	*now = (struct timespec){.tv_sec = second};
	return 0;
}

static void start(void)
{
	real.clock_gettime = clock_of_test;
	state = &header;
	CHECK(failure_off() == LAYOUT_OFF_NOT);
}

static void at_once(void *unused)
{
	(void)unused;
	start();
	failure_note(LAYOUT_OFF_TABLE);
	CHECK(failure_off() == LAYOUT_OFF_TABLE);
	CHECK(header.off == LAYOUT_OFF_TABLE && header.counts.failures == 1);
	failure_note(LAYOUT_OFF_RULE);
	CHECK(failure_off() == LAYOUT_OFF_TABLE);
	CHECK(header.off == LAYOUT_OFF_TABLE && header.counts.failures == 2);
}

static void a_rule(void *unused)
{
	(void)unused;
	start();
	failure_note(LAYOUT_OFF_RULE);
	CHECK(failure_off() == LAYOUT_OFF_RULE);
}

/* Before there is a state, and in one that comes later. */
static void no_state(void *unused)
{
	struct layout_header later = {0};

	(void)unused;
	start();
	state = NULL;
	failure_note(LAYOUT_OFF_STATE);
	failure_note(LAYOUT_OFF_STATE);
	CHECK(failure_off() == LAYOUT_OFF_NOT);
	failure_note(LAYOUT_OFF_STATE);
	CHECK(failure_off() == LAYOUT_OFF_STATE);
	failure_tell(&later);
	CHECK(later.off == LAYOUT_OFF_STATE && later.counts.failures == 3);
}

/* Thousands in a few seconds are a busy machine, a few in an hour are chance. */
static void in_a_row(void *argument)
{
	enum layout_off what = *(enum layout_off *)argument;

	start();
	for (int i = 0; i < 5000; i++) {
		failure_note(what);
	}
	second += 9;
	failure_note(what);
	CHECK(failure_off() == LAYOUT_OFF_NOT);
	failure_passed(what);
	for (int i = 0; i < 63; i++) {
		second += 100;
		failure_note(what);
	}
	CHECK(failure_off() == LAYOUT_OFF_NOT && header.off == LAYOUT_OFF_NOT);
	CHECK(header.counts.failures == 5064);
	failure_note(what);
	CHECK(failure_off() == what && header.off == (uint32_t)what);
}

static void rows(void **unused)
{
	enum layout_off unwind = LAYOUT_OFF_UNWIND, scratch = LAYOUT_OFF_SCRATCH;

	(void)unused;
	assert_int_equal(apart(in_a_row, &unwind), 0);
	assert_int_equal(apart(in_a_row, &scratch), 0);
}

/* A child of a process that is off is off. */
static void in_child(void *unused)
{
	(void)unused;
	CHECK(failure_off() == LAYOUT_OFF_RULE);
}

static void forked(void *unused)
{
	a_rule(unused);
	CHECK(apart(in_child, NULL) == 0);
}

static void words(void **unused)
{
	(void)unused;
	for (uint32_t off = 1; off < LAYOUT_OFF_REASONS; off++) {
		assert_non_null(layout_off_word(off));
	}
	assert_null(layout_off_word(LAYOUT_OFF_NOT));
	assert_null(layout_off_word(LAYOUT_OFF_REASONS));
	assert_null(layout_off_word(UINT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"at once", apart_test, NULL, NULL, (void *)at_once},
		{"a rule", apart_test, NULL, NULL, (void *)a_rule},
		{"no state", apart_test, NULL, NULL, (void *)no_state},
		cmocka_unit_test(rows),
		{"forked", apart_test, NULL, NULL, (void *)forked},
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
