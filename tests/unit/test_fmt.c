/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/fmt.o */
/*
 * Proves: numbers become text as printf would write them, and no length writes past the buffer.
 * Fails when: the end of the buffer is off by one, or a number loses digits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "fmt.h"

static void numbers(void **unused)
{
	unsigned seed = (unsigned)time(NULL);

	(void)unused;
	print_message("seed %u\n", seed);
	srandom(seed);
	for (int i = 0; i < 10000; i++) {
		uint64_t value = ((uint64_t)random() << 33 ^ (uint64_t)random()) >> (i % 64);
		char got[64], wanted[64];
		struct fmt f = fmt_on(got, sizeof(got));

		fmt_dec(&f, value);
		fmt_str(&f, " 0x");
		fmt_hex(&f, value, 1);
		fmt_bytes(&f, " --", 2);
		fmt_hex(&f, value, 8);
		snprintf(wanted, sizeof(wanted), "%llu 0x%llx -%08llx", (unsigned long long)value,
			 (unsigned long long)value, (unsigned long long)value);
		assert_string_equal(got, wanted);
		assert_int_equal(f.len, strlen(wanted));
		assert_false(f.cut);
	}
}

static void limits(void **unused)
{
	char got[64];
	struct fmt f = fmt_on(got, sizeof(got));

	(void)unused;
	fmt_dec(&f, 0);
	fmt_str(&f, " ");
	fmt_dec(&f, UINT64_MAX);
	fmt_str(&f, " ");
	fmt_hex(&f, UINT64_MAX, 1);
	assert_string_equal(got, "0 18446744073709551615 ffffffffffffffff");
}

static void never_past_the_end(void **unused)
{
	(void)unused;
	for (size_t cap = 1; cap < 40; cap++) {
		char got[64];
		struct fmt f;

		memset(got, '#', sizeof(got));
		f = fmt_on(got, cap);
		fmt_str(&f, "0123456789");
		fmt_dec(&f, 1234567890);
		fmt_hex(&f, 0xabcdef, 10);
		assert_true(strlen(got) < cap);
		assert_true(strlen(got) == cap - 1 || cap > 31);
		assert_int_equal(f.cut, cap < 31);
		assert_int_equal(got[cap], '#');
		assert_memory_equal(got,
				    "01234567891234567890"
				    "0000abcdef",
				    strlen(got));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(limits),
		cmocka_unit_test(never_past_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
