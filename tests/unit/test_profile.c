/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/profile.o tools/estimate.o tools/finder.o tools/mem.o */
/* Proves: equal things are one thing; locations find their mapping, also where ranges overlap;
 * merged profiles meet by build-id wherever they were mapped, and never by a bare address.
 * Fails when: an index forgets, a sum overflows, or two builds are taken for one. */
#include "profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model.h"

static void strings(void **state)
{
	struct profile *p = profile_new();

	(void)state;
	const char *abc = profile_string(p, "abcd", 3);
	assert_string_equal(abc, "abc");
	assert_ptr_equal(abc, profile_string(p, "abc", 3));
	assert_ptr_not_equal(abc, profile_string(p, "abcd", 4));
	assert_ptr_not_equal(abc, profile_string(p, "", 0));
	for (int i = 0; i < 10000; i++) {
		char text[16];
		const int length = snprintf(text, sizeof text, "s%d", i);
		assert_string_equal(profile_string(p, text, (size_t)length), text);
	}
	assert_ptr_equal(abc, profile_string(p, "abc", 3));
	const struct profile_function hostile = {.name = "a\033[2Jb", .file = "x\ny"};
	const uint32_t f = profile_add_function(p, &hostile);
	assert_string_equal(p->functions[f].name, "a?[2Jb");
	assert_string_equal(p->functions[f].file, "x?y");
	assert_int_equal(f, profile_add_function(p, &hostile));
	profile_free(p);
}

static void stacks(void **state)
{
	struct profile *p = profile_new();
	const uint32_t a = profile_add_location(p, 1000, PROFILE_NONE);
	const uint32_t b = profile_add_location(p, 2000, PROFILE_NONE);
	const uint32_t ab[] = {a, b};
	const uint32_t ba[] = {b, a};

	(void)state;
	assert_int_equal(a, profile_add_location(p, 1000, PROFILE_NONE));
	const uint32_t first = profile_add_stack(p, ab, 2, 8);
	assert_int_equal(first, profile_add_stack(p, ab, 2, 8));
	assert_int_not_equal(first, profile_add_stack(p, ab, 2, 16));
	assert_int_not_equal(first, profile_add_stack(p, ba, 2, 8));
	assert_int_not_equal(first, profile_add_stack(p, ab, 1, 8));
	assert_int_equal(profile_add_stack(p, NULL, 0, 8), profile_add_stack(p, NULL, 0, 8));
	profile_free(p);
}

static void places(void **state)
{
	struct profile *p = profile_new();
	const struct profile_mapping maps[] = {
		{.start = 0x5000, .end = 0x6000, .path = "late"},
		{.start = 0x1000, .end = 0x3000, .path = "wide"},
		{.start = 0x2000, .end = 0x2800, .path = "inside"},
	};
	static const struct {
		uint64_t pc;
		uint32_t mapping;
	} cases[] = {{0, PROFILE_NONE},
		     {0xfff, PROFILE_NONE},
		     {0x1000, 1},
		     {0x1fff, 1},
		     {0x2000, 2},
		     {0x27ff, 2},
		     {0x5fff, 0},
		     {0x6000, PROFILE_NONE},
		     {UINT64_MAX, PROFILE_NONE}};

	(void)state;
	for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
		assert_int_equal(profile_add_mapping(p, &maps[i]), i);
		assert_int_equal(profile_add_mapping(p, &maps[i]), i);
	}
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(profile_add_location(p, cases[i].pc, PROFILE_NONE), i);
	}
	profile_place(p);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(p->locations[i].mapping, cases[i].mapping);
	}
	/* Placed locations are found again under their mapping. */
	assert_int_equal(profile_add_location(p, 0x1000, 1), 2);
	profile_free(p);
}

static struct profile *one(int64_t pid, uint64_t start, const char *build_id, int64_t inuse)
{
	struct profile *p = profile_new();

	p->about.pid = pid;
	const uint32_t m = model_mapping(p, start, "/bin/x", build_id);
	model_stack(p, m, "leak@x.c:1;main@x.c:2", 64, inuse, inuse, 1);
	return p;
}

static size_t merged(struct profile *now, struct profile *base, int64_t *value)
{
	struct profile *p = profile_new();

	p->about = now->about;
	profile_merge(p, now, 1);
	profile_merge(p, base, -1);
	const size_t count = p->stack_count;
	*value = p->stacks[0].value[PROFILE_INUSE_OBJECTS];
	assert_int_equal(profile_total(p, PROFILE_INUSE_OBJECTS),
			 profile_total(now, PROFILE_INUSE_OBJECTS) -
				 profile_total(base, PROFILE_INUSE_OBJECTS));
	profile_free(p);
	profile_free(now);
	profile_free(base);
	return count;
}

static void merging(void **state)
{
	int64_t value;

	(void)state;
	/* The same build elsewhere in memory, in another process: one stack. */
	assert_int_equal(merged(one(1, 0x400000, "aa", 5), one(2, 0x700000, "aa", 3), &value), 1);
	assert_int_equal(value, 2);
	/* Another build at the very same address: two. */
	assert_int_equal(merged(one(1, 0x400000, "aa", 5), one(2, 0x400000, "bb", 3), &value), 2);
	assert_int_equal(value, 5);
	/* No build-id: the same range is the same code in the same process only. */
	assert_int_equal(merged(one(1, 0x400000, NULL, 5), one(1, 0x400000, NULL, 5), &value), 1);
	assert_int_equal(value, 0);
	assert_int_equal(merged(one(1, 0x400000, NULL, 5), one(2, 0x400000, NULL, 3), &value), 2);
	assert_int_equal(merged(one(1, 0x400000, NULL, 5), one(1, 0x500000, NULL, 3), &value), 2);
}

static void sums(void **state)
{
	(void)state;
	assert_int_equal(profile_sum(1, -2), -1);
	assert_int_equal(profile_sum(INT64_MAX, 1), INT64_MAX);
	assert_int_equal(profile_sum(INT64_MIN, -1), INT64_MIN);
	assert_int_equal(profile_sum(INT64_MIN, INT64_MAX), -1);

	/* What has no counterpart, in a base: UBSan looks at it too. */
	const struct profile_stack least = {.value = {INT64_MIN}, .raw = {INT64_MIN}};
	struct profile_stack to = {0};
	profile_add_values(&to, &least, -1);
	assert_int_equal(to.value[0], INT64_MAX);
	assert_int_equal(to.raw[0], INT64_MAX);
	assert_int_equal(to.base[0], INT64_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings), cmocka_unit_test(stacks), cmocka_unit_test(places),
		cmocka_unit_test(merging), cmocka_unit_test(sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
