/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/units.o */
/* Proves: amounts and shares read as pprof's measurement package prints them.
 * Fails when: a rounding, a unit or a width is not pprof's. */
#include "units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void amounts(void **state)
{
	static const struct {
		int64_t value;
		const char *text;
	} cases[] = {
		{0, "0"},
		{1, "1B"},
		{1023, "1023B"},
		{1024, "1kB"},
		{1536, "1.50kB"},
		{-1536, "-1.50kB"},
		{1 << 20, "1MB"},
		{1234567, "1.18MB"},
		{INT64_MAX, "8192PB"},
		{INT64_MIN, "-8192PB"},
		{3LL << 30, "3GB"},
	};
	char text[UNITS_TEXT];
	struct unit unit;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_string_equal(units_amount(text, cases[i].value, UNITS_AUTO), cases[i].text);
	}
	assert_string_equal(units_amount(text, 1234, UNITS_COUNT), "1234");
	assert_true(units_find("mb", &unit));
	assert_string_equal(units_amount(text, 1536, unit), "0");
	assert_string_equal(units_amount(text, 1 << 14, unit), "0.02MB");
	assert_false(units_find("miles", &unit));
	assert_string_equal(units_thousands(text, 1234567), "1,234,567");
	assert_string_equal(units_thousands(text, -123), "-123");
	assert_string_equal(units_thousands(text, INT64_MIN), "-9,223,372,036,854,775,808");
}

static void shares(void **state)
{
	char text[UNITS_TEXT];

	(void)state;
	assert_string_equal(units_share(text, 1, 3), "33.33%");
	assert_string_equal(units_share(text, -1, 3), "33.33%");
	assert_string_equal(units_share(text, 1, 1), "  100%");
	assert_string_equal(units_share(text, 1, 200), "  0.5%");
	assert_string_equal(units_share(text, 0, 5), "    0%");
	assert_string_equal(units_share(text, 5, 0), "    0%");
}

/* One unit for a table: that of the smallest, or of 100 times it where the total is far larger. */
static void tables(void **state)
{
	(void)state;
	assert_string_equal(units_pick(true, 100, 1000).name, "B");
	assert_string_equal(units_pick(true, 514930, 27915468).name, "kB");
	assert_string_equal(units_pick(true, 527000, 54251520).name, "MB");
	assert_string_equal(units_pick(true, 1 << 20, 5LL << 30).name, "MB");
	assert_string_equal(units_pick(true, 0, 5 << 20).name, "MB");
	assert_string_equal(units_pick(false, 5, 5 << 20).name, "");
}

static void names(void **state)
{
	static const struct {
		const char *name, *unit;
	} cases[] = {{"b", "B"},      {"bytes", "B"},	  {"kb", "kB"}, {"Kilobytes", "kB"},
		     {"kbyte", "kB"}, {"megabyte", "MB"}, {"tb", "TB"}, {"pbytes", "PB"}};
	struct unit unit;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_true(units_find(cases[i].name, &unit));
		assert_string_equal(unit.name, cases[i].unit);
	}
	assert_false(units_find("kilo", &unit));
	assert_false(units_find("", &unit));
	assert_false(units_find("kilokilobytes", &unit));
}

static void ranges(void **state)
{
	static const struct {
		const char *text;
		uint64_t low, high;
	} cases[] = {
		{"64", 64, 64},		 {"4kB", 4096, 4096},		{"1kB:64kB", 1024, 65536},
		{"1kB:64", 1024, 65536}, /* the first one's unit, as with pprof */
		{":64kb", 0, 65536},	 {"2mb:", 2 << 20, UINT64_MAX}, {"bytes=100:200", 100, 200},
	};
	static const char *const wrong[] = {"",	    ":",     "x",	"-1",  "4kB:x", "1:2:3",
					    "4 kB", "4auto", "20000PB", ":kB", "bytes="};
	struct units_range range;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_true(units_parse_range(cases[i].text, &range));
		assert_int_equal(range.low, cases[i].low);
		assert_true(range.high == cases[i].high);
		assert_string_equal(range.text, cases[i].text);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_false(units_parse_range(wrong[i], &range));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(amounts), cmocka_unit_test(shares), cmocka_unit_test(tables),
		cmocka_unit_test(names),   cmocka_unit_test(ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
