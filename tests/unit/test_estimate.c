/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/estimate.o tools/profile.o tools/finder.o tools/mem.o */
/* Proves: scaled values are, to the last digit, those of pprof's scaleHeapSample (the expected ones
 * were printed by it), and means and errors hold in a simulated program.
 * Fails when: the formula, its rounding, or the variance changes. */
#include "estimate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void as_pprof(void **state)
{
	static const struct {
		int64_t count, size;
		uint64_t rate;
		int64_t objects, bytes;
	} cases[] = {
		{1, 1, 524288, 524288, 524288},
		{1, 64, 524288, 8192, 524320},
		{3, 1000, 524288, 1574, 1574364},
		{30, 4000, 524288, 3947, 15788716},
		{1, 524288, 524288, 1, 829411},
		{7, 10000000, 524288, 7, 70000000},
		{5, 100, 1, 5, 500},
		{5, 100, 0, 5, 500},
		{2, 16, 4096, 513, 8208},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct profile_stack stack = {.size = (uint64_t)cases[i].size};
		const int64_t bytes = cases[i].count * cases[i].size;
		const int64_t raw[PROFILE_TYPES] = {cases[i].count, bytes, 0, 0};
		estimate_add(&stack, raw, cases[i].rate);
		assert_int_equal(stack.value[PROFILE_ALLOC_OBJECTS], cases[i].objects);
		assert_int_equal(stack.value[PROFILE_ALLOC_SPACE], cases[i].bytes);
		assert_int_equal(stack.value[PROFILE_INUSE_SPACE], 0);
		assert_int_equal(stack.raw[PROFILE_ALLOC_SPACE], bytes);
		assert_true(cases[i].rate > 1 || stack.variance[0] == 0);
	}
}

static void limits(void **state)
{
	struct profile_stack stack = {.size = 1};
	const int64_t raw[PROFILE_TYPES] = {INT64_MAX, INT64_MAX, 1, 1};

	(void)state;
	estimate_add(&stack, raw, UINT64_MAX);
	estimate_add(&stack, raw, UINT64_MAX);
	assert_int_equal(stack.value[PROFILE_ALLOC_SPACE], INT64_MAX);
	assert_int_equal(stack.raw[PROFILE_ALLOC_SPACE], INT64_MAX);
}

/* 4,000 programs that each leak 500 blocks of 2,000 bytes, sampled at one in 64 KiB: the estimates'
 * mean is the truth, and their spread is the standard error that is told. */
static void simulation(void **state)
{
	enum { PROGRAMS = 4000, BLOCKS = 500, SIZE = 2000, RATE = 65536 };
	const double probability = 1 - exp(-(double)SIZE / RATE);
	double sum = 0;
	double squares = 0;
	double variance = 0;
	uint64_t random = 20261124;

	(void)state;
	for (int p = 0; p < PROGRAMS; p++) {
		struct profile_stack stack = {.size = SIZE};
		int64_t raw[PROFILE_TYPES] = {0};
		for (int b = 0; b < BLOCKS; b++) {
			random = random * 6364136223846793005U + 1442695040888963407U;
			raw[0] += (double)(random >> 11) / 9007199254740992.0 < probability;
		}
		raw[1] = raw[0] * SIZE;
		estimate_add(&stack, raw, RATE);
		const double value = (double)stack.value[PROFILE_ALLOC_OBJECTS];
		sum += value;
		squares += value * value;
		const double error = estimate_error(&stack, PROFILE_ALLOC_SPACE) / SIZE;
		variance += error * error;
	}
	const double mean = sum / PROGRAMS;
	const double spread = squares / PROGRAMS - mean * mean;
	/* Five standard errors of the mean, and half a block for cutting to whole ones. */
	assert_true(fabs(mean - BLOCKS) < 0.5 + 5 * sqrt(spread / PROGRAMS));
	assert_true(fabs(variance / PROGRAMS / spread - 1) < 0.15);
}

static void differences(void **state)
{
	/* 100 more in use out of 120 more allocations, 1,000 steady ones, a variance of 1 each. */
	struct profile_stack stack = {.variance = {2120, 1100}, .base_variance = {2000, 1000}};

	(void)state;
	estimate_join(&stack, true);
	assert_true(fabs(stack.variance[0] - 120) < 1e-9);
	assert_true(fabs(stack.variance[1] - 140) < 1e-9);

	stack = (struct profile_stack){.variance = {2120, 1100}, .base_variance = {2000, 1000}};
	estimate_join(&stack, false);
	assert_true(fabs(stack.variance[1] - 2100) < 1e-9);
	assert_true(stack.base_variance[1] == 0);

	/* Four samples more and none freed are no chance; with frees it takes nine. */
	stack.value[PROFILE_ALLOC_OBJECTS] = stack.value[PROFILE_INUSE_OBJECTS] = 4;
	stack.variance[1] = 4;
	assert_true(estimate_doubt(&stack, PROFILE_INUSE_OBJECTS) == 4);
	stack.value[PROFILE_ALLOC_OBJECTS] = 100;
	assert_true(estimate_doubt(&stack, PROFILE_INUSE_SPACE) == 9);
	assert_true(estimate_doubt(&stack, PROFILE_ALLOC_SPACE) == stack.variance[0]);
}

/* What was scaled can be taken back: the same samples, the same error. */
static void scaled(void **state)
{
	const uint64_t sizes[] = {1, 24, 8801, 600000, 1 << 24};

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		const int64_t raw[PROFILE_TYPES] = {70, 70 * (int64_t)sizes[i], 13,
						    13 * (int64_t)sizes[i]};
		struct profile_stack wanted = {.size = sizes[i]};
		estimate_add(&wanted, raw, 524288);
		struct profile_stack got = {.size = sizes[i]};
		memcpy(got.value, wanted.value, sizeof got.value);
		estimate_scaled(&got, 524288);
		assert_int_equal(got.raw[PROFILE_INUSE_OBJECTS], 13);
		assert_int_equal(got.raw[PROFILE_ALLOC_OBJECTS], 70);
		for (int type = 0; type < PROFILE_TYPES; type++) {
			const double error = estimate_error(&wanted, type);
			const double tiny = 1e-6 * (double)wanted.value[type];
			assert_true(fabs(estimate_error(&got, type) - error) <= error / 100 + tiny);
		}
	}
	struct profile_stack most = {.value = {INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN}};
	estimate_scaled(&most, 1);
	assert_true(most.raw[PROFILE_ALLOC_SPACE] > 0 && most.raw[PROFILE_INUSE_SPACE] < 0);
	assert_true(most.variance[0] == 0);
}

static void held(void **state)
{
	struct profile *profile = profile_new();
	const uint32_t frame = profile_add_location(profile, 16, PROFILE_NONE);
	const int64_t raw[PROFILE_TYPES] = {4, 400, 2, 200};

	(void)state;
	assert_int_equal(estimate_held(profile), 0);
	const uint32_t a = profile_add_stack(profile, &frame, 1, 100);
	estimate_add(&profile->stacks[a], raw, 1);
	profile->about.held_bytes = 220;
	assert_int_equal(estimate_held(profile), 220);
	profile->stacks[a].usable = 120;
	assert_int_equal(estimate_held(profile), 240);
	profile_free(profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_pprof),   cmocka_unit_test(limits),
		cmocka_unit_test(simulation), cmocka_unit_test(differences),
		cmocka_unit_test(scaled),     cmocka_unit_test(held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
