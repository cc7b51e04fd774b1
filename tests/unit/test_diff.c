/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/diff.o tools/estimate.o tools/profile.o tools/finder.o tools/mem.o */
/* Proves: different builds meet by name: moved lines still cancel, in equal builds they do not;
 * what is only in one side keeps its sign; totals are never changed by matching.
 * Fails when: stacks are matched by address, or two lines of one function are mixed up. */
#include "diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model.h"

struct pair {
	struct profile *now, *base;
	uint32_t now_map, base_map;
};

static struct pair pair_new(const char *now_id, const char *base_id)
{
	struct pair pair = {.now = profile_new(), .base = profile_new()};

	pair.now->about.pid = 1;
	pair.base->about.pid = 2;
	pair.now_map = model_mapping(pair.now, 0x400000, "/bin/x", now_id);
	pair.base_map = model_mapping(pair.base, 0x500000, "/bin/x", base_id);
	return pair;
}

static struct profile *difference(struct pair *pair)
{
	struct profile *p = profile_new();

	p->about.pid = pair->now->about.pid;
	profile_merge(p, pair->now, 1);
	profile_merge(p, pair->base, -1);
	const int64_t total = profile_total(p, PROFILE_INUSE_OBJECTS);
	diff_match(p, false, false);
	assert_int_equal(profile_total(p, PROFILE_INUSE_OBJECTS), total);
	profile_free(pair->now);
	profile_free(pair->base);
	return p;
}

/* The in-use objects of every stack that is not 0, by rising value. */
static size_t changes(const struct profile *p, int64_t *values)
{
	size_t count = 0;

	for (size_t i = 0; i < p->stack_count; i++) {
		const int64_t value = p->stacks[i].value[PROFILE_INUSE_OBJECTS];
		size_t at = count;
		if (!value) {
			continue;
		}
		for (; at && values[at - 1] > value; at--) {
			values[at] = values[at - 1];
		}
		values[at] = value;
		count++;
	}
	return count;
}

static void moved_lines(void **state)
{
	struct pair pair = pair_new("aa", "bb");
	int64_t values[8];

	(void)state;
	model_stack(pair.now, pair.now_map, "leak@x.c:11;main@x.c:21", 64, 9, 9, 1);
	model_stack(pair.base, pair.base_map, "leak@x.c:10;main@x.c:20", 64, 4, 4, 1);
	model_stack(pair.now, pair.now_map, "same@x.c:31;main@x.c:22", 64, 7, 7, 1);
	model_stack(pair.base, pair.base_map, "same@x.c:30;main@x.c:21", 64, 7, 7, 1);
	struct profile *p = difference(&pair);
	assert_int_equal(changes(p, values), 1);
	assert_int_equal(values[0], 5);
	profile_free(p);
}

static void equal_lines_first(void **state)
{
	struct pair pair = pair_new("aa", "bb");
	int64_t values[8];

	(void)state;
	model_stack(pair.now, pair.now_map, "f@x.c:10;main@x.c:1", 64, 3, 3, 1);
	model_stack(pair.now, pair.now_map, "f@x.c:20;main@x.c:1", 64, 5, 5, 1);
	model_stack(pair.base, pair.base_map, "f@x.c:20;main@x.c:1", 64, 5, 5, 1);
	struct profile *p = difference(&pair);
	assert_int_equal(changes(p, values), 1);
	assert_int_equal(values[0], 3);
	profile_free(p);
}

static void same_build(void **state)
{
	struct pair pair = pair_new("aa", "aa");
	int64_t values[8];

	(void)state;
	model_stack(pair.now, pair.now_map, "f@x.c:10;main@x.c:1", 64, 3, 3, 1);
	model_stack(pair.base, pair.base_map, "f@x.c:20;main@x.c:1", 64, 5, 5, 1);
	struct profile *p = difference(&pair);
	assert_int_equal(changes(p, values), 2);
	assert_int_equal(values[0], -5);
	assert_int_equal(values[1], 3);
	profile_free(p);
}

static void sizes_and_gone(void **state)
{
	struct pair pair = pair_new("aa", "bb");
	int64_t values[8];

	(void)state;
	/* A struct grew from 64 to 72 bytes: one place, two sizes. */
	model_stack(pair.now, pair.now_map, "f@x.c:11;main@x.c:1", 72, 6, 6, 1);
	model_stack(pair.base, pair.base_map, "f@x.c:10;main@x.c:1", 64, 6, 6, 1);
	model_stack(pair.base, pair.base_map, "gone@x.c:50;main@x.c:1", 64, 2, 2, 1);
	struct profile *p = difference(&pair);
	assert_int_equal(changes(p, values), 3);
	assert_int_equal(values[0], -6);
	assert_int_equal(values[1], -2);
	assert_int_equal(values[2], 6);
	uint32_t first = PROFILE_NONE;
	for (size_t i = 0; i < p->stack_count; i++) {
		if (llabs(p->stacks[i].value[PROFILE_INUSE_OBJECTS]) == 6) {
			const uint32_t frame = p->frames[p->stacks[i].first_frame];
			assert_true(first == PROFILE_NONE || first == frame);
			first = frame;
		}
	}
	profile_free(p);
}

static void inlined(void **state)
{
	struct pair pair = pair_new("aa", "bb");
	int64_t values[8];

	(void)state;
	model_stack(pair.now, pair.now_map, "f@x.c:10^;g@x.c:2;main@x.c:1", 64, 6, 6, 1);
	model_stack(pair.base, pair.base_map, "f@x.c:10;g@x.c:2;main@x.c:1", 64, 6, 6, 1);
	struct profile *p = difference(&pair);
	assert_int_equal(changes(p, values), 0);
	profile_free(p);
}

/* New has three times what base has: a stack that has just that did not change. */
static void normalized(void **state)
{
	struct pair pair = pair_new("aa", "aa");
	int64_t values[8];

	(void)state;
	model_stack(pair.now, pair.now_map, "f@x.c:10;main@x.c:1", 64, 30, 30, 1);
	model_stack(pair.now, pair.now_map, "g@x.c:20;main@x.c:2", 64, 30, 60, 1);
	model_stack(pair.base, pair.base_map, "f@x.c:10;main@x.c:1", 64, 10, 10, 1);
	model_stack(pair.base, pair.base_map, "g@x.c:20;main@x.c:2", 64, 4, 20, 1);
	model_stack(pair.base, pair.base_map, "h@x.c:30;main@x.c:3", 64, 6, 6, 1);
	struct profile *p = profile_new();
	profile_merge(p, pair.now, 1);
	profile_merge(p, pair.base, -1);
	diff_normalize(p);
	diff_match(p, false, false);
	assert_int_equal(changes(p, values), 2);
	assert_int_equal(values[0], -6);
	assert_int_equal(values[1], 6);
	assert_int_equal(profile_total(p, PROFILE_INUSE_SPACE), 0);
	assert_int_equal(profile_total(p, PROFILE_ALLOC_OBJECTS), 0);
	profile_free(pair.now);
	profile_free(pair.base);
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moved_lines), cmocka_unit_test(equal_lines_first),
		cmocka_unit_test(same_build),  cmocka_unit_test(sizes_and_gone),
		cmocka_unit_test(inlined),     cmocka_unit_test(normalized),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
