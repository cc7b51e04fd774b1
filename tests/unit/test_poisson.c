/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/poisson.o */
/*
 * Proves: gaps are exponential with mean `rate`; poisson_chance() is 1 - exp(-size / rate) to the
 * last digit that it has; what poisson_keep() leaves of the candidates is P(size), for every size.
 * Fails when: a digit of the whole-number logarithm or exponential is wrong, or a product of two
 * fractions overflows.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "poisson.h"

#define Q32 4294967296.0

static uint64_t seed;

static double chance(double size, double rate)
{
	return rate <= 1 ? 1 : -expm1(-size / rate);
}

/* The gaps that fall into each of twenty bins of equal chance. Chi-square has 19 degrees of
 * freedom, mean 19: 90 comes by chance once in 10^10. */
static void gaps_are_exponential(void **unused)
{
	enum { BINS = 20, DRAWS = 200000 };
	const uint64_t rates[] = {1000, 524288, 1000003, 1ull << 32};
	uint64_t state = seed;

	(void)unused;
	for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
		double counts[BINS] = {0}, sum = 0, chi = 0;

		for (int i = 0; i < DRAWS; i++) {
			uint64_t gap = poisson_gap(poisson_next(&state), rates[r]);
			/* floor(E) stands for E in [gap, gap + 1): take its middle. */
			double at = chance((double)gap + 0.5, (double)rates[r]) * BINS;

			counts[at >= BINS ? BINS - 1 : (int)at]++;
			sum += (double)gap + 0.5;
		}
		for (int i = 0; i < BINS; i++) {
			double expected = (double)DRAWS / BINS;

			chi += (counts[i] - expected) * (counts[i] - expected) / expected;
		}
		print_message("rate %llu: chi-square %.1f, mean %.4f of the rate\n",
			      (unsigned long long)rates[r], chi, sum / DRAWS / (double)rates[r]);
		assert_true(chi < 90);
		/* The mean of n exponentials has a standard error of 1 / sqrt(n): 7 of them. */
		assert_true(fabs(sum / DRAWS / (double)rates[r] - 1) < 7 / sqrt(DRAWS));
	}
}

/* How often a block of @size is a candidate, against 1 - exp(-(size + 1) / rate). */
static void candidates(void **unused)
{
	enum { DRAWS = 200000 };
	const uint64_t rate = 4096, sizes[] = {0, 1, 7, 64, 1000, 4096, 20000};
	uint64_t state = seed ^ 1;

	(void)unused;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		double p = chance((double)sizes[s] + 1, (double)rate), hits = 0;

		for (int i = 0; i < DRAWS; i++) {
			hits += poisson_gap(poisson_next(&state), rate) < sizes[s] + 1;
		}
		assert_true(fabs(hits - DRAWS * p) < 7 * sqrt(DRAWS * p * (1 - p)) + 1);
	}
}

static void gap_limits(void **unused)
{
	const uint64_t draws[] = {0, 1, 2, UINT64_MAX, UINT64_MAX / 2, 1ull << 63};
	const uint64_t rates[] = {2, 524288, 1ull << 40, UINT64_MAX};

	(void)unused;
	assert_int_equal(poisson_gap(0, 1), 0);
	assert_int_equal(poisson_gap(UINT64_MAX, 1), 0);
	assert_int_equal(poisson_gap(0, 0), 0);
	for (size_t i = 0; i < sizeof(draws) / sizeof(draws[0]); i++) {
		for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
			double u = ((double)(draws[i] | 1)) / (Q32 * Q32);
			double exact = -log(u) * (double)rates[r];
			double got = (double)poisson_gap(draws[i], rates[r]);

			exact = exact > (double)(1ull << 62) ? (double)(1ull << 62) : exact;
			assert_true(fabs(got - exact) <=
				    1 + exact * 1e-6 + (double)rates[r] * 1e-7);
		}
	}
}

static void chance_is(uint64_t size, uint64_t rate)
{
	double exact = chance((double)size, (double)rate) * Q32;
	uint64_t got = poisson_chance(size, rate);

	if (got > 1ull << 32 || fabs((double)got - exact) > 2.01) {
		fail_msg("P(%llu) at rate %llu is %llu, not %.2f", (unsigned long long)size,
			 (unsigned long long)rate, (unsigned long long)got, exact);
	}
}

static void chance_as_libm(void **unused)
{
	uint64_t state = seed ^ 2;

	(void)unused;
	for (int i = 0; i < 300000; i++) {
		uint64_t rate = 1 + (poisson_next(&state) >> (24 + poisson_next(&state) % 40));
		uint64_t size = poisson_next(&state) >> poisson_next(&state) % 64;

		chance_is(size, rate);
		chance_is(size % (rate * 40), rate); /* where it is neither 0 nor 1 */
	}
	for (uint64_t rate = 1; rate < 40; rate++) {
		for (uint64_t size = 0; size < 32 * rate; size++) {
			chance_is(size, rate);
		}
	}
	for (unsigned bit = 0; bit < 64; bit++) { /* each power of the table alone */
		chance_is(1ull << bit, 1ull << 32);
		chance_is((1ull << bit) - 1, 1ull << 32);
	}
	chance_is(UINT64_MAX, UINT64_MAX);
	chance_is(0, 524288);
	assert_int_equal(poisson_chance(0, 1), 1ull << 32);
}

/* The fraction of draws that are kept: they are the lower ones, so a search finds the border. */
static double kept(uint64_t size, uint64_t rate)
{
	uint64_t lo = 0, hi = 1ull << 32;

	while (lo < hi) {
		uint64_t middle = lo + (hi - lo) / 2;

		if (poisson_keep(middle << 32 | 0x12345678, size, rate)) {
			lo = middle + 1;
		} else {
			hi = middle;
		}
	}
	return (double)lo / Q32;
}

static void keep_leaves(uint64_t size, uint64_t rate)
{
	double p = chance(size != 0 ? (double)size : 1, (double)rate);
	double got = chance((double)size + 1, (double)rate) * kept(size, rate);

	/* Small sizes take the ratio of the sizes for that of the chances: off by 1 / (2 rate), at
	 * most a two thousandth. */
	if (fabs(got - p) > p * 6e-4) {
		fail_msg("size %llu, rate %llu: %.9g are left, not %.9g", (unsigned long long)size,
			 (unsigned long long)rate, got, p);
	}
}

static void keep_leaves_the_chance(void **unused)
{
	const uint64_t rates[] = {1, 2, 10, 1000, 4096, 524288, 1ull << 30, 1ull << 40};
	uint64_t state = seed ^ 3;

	(void)unused;
	for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
		uint64_t rate = rates[r];

		for (uint64_t size = 0; size < 2000; size++) {
			keep_leaves(size, rate);
		}
		for (int i = 0; i < 2000; i++) {
			keep_leaves(poisson_next(&state) >> (1 + poisson_next(&state) % 62), rate);
		}
		for (uint64_t of = 28; of < 34; of++) {
			keep_leaves(of * rate, rate);
			keep_leaves(of * rate + rate - 1, rate);
		}
		keep_leaves(rate / 1024, rate);
		keep_leaves(rate / 1024 + 1, rate);
		keep_leaves(1ull << 46, rate);
		keep_leaves(UINT64_MAX / 2, rate);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gaps_are_exponential),
		cmocka_unit_test(candidates),
		cmocka_unit_test(gap_limits),
		cmocka_unit_test(chance_as_libm),
		cmocka_unit_test(keep_leaves_the_chance),
	};
	const char *given = getenv("SEED");

	seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	print_message("SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
