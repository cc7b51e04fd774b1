/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/pattern.o tools/mem.o tools/err.o */
/* Proves: expressions match what Go's regexp matches (each row was asked of it), also where its
 * syntax is not that of regex(7); a wrong one is an error that names the option. Fails when: a
 * backslash is taken for another, or brackets end too soon. */
#include "pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

static void matches(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool match;
	} rows[] = {
		{"receipt", "main.receipt_open", true},
		{"^receipt", "main.receipt_open", false},
		{"Receipt", "main.receipt_open", false},
		{"(?i)Receipt", "main.receipt_open", true},
		{"main\\.receipt", "main.receipt_open", true},
		{"main\\.receipt", "mainxreceipt", false},
		{"func\\d+$", "main.round.func1", true},
		{"func\\d+$", "main.round.funcs", false},
		{"func\\D$", "main.round.funcs", true},
		{"f[\\d.]+x", "f1.2x", true},
		{"f[\\w]+x$", "fa_9x", true},
		{"f[\\w]+x$", "f-9x", false},
		{"[\\s]", "a b", true},
		{"[^\\d]$", "a1", false},
		{"(?:open|close)$", "lib_close", true},
		{"\\(\\*T\\)\\.M", "main.(*T).M", true},
		{"a.*?b", "axxb", true},
		{"^a{2,3}?$", "aaa", true},
		{"a|b", "b", true},
		{"[]]", "]", true},
		{"[[:digit:]]x", "7x", true},
		{"[.]go$", "a.go", true},
		{"\\bopen\\b", "lib open now", true},
		{"\\w+\\.c$", "receipt.c", true},
		{"", "anything", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err err = {0};
		regex_t regex;
		assert_int_equal(pattern_compile(&regex, "focus", rows[i].pattern, &err), 0);
		if (pattern_matches(&regex, rows[i].text) != rows[i].match) {
			fail_msg("%s on %s", rows[i].pattern, rows[i].text);
		}
		assert_false(pattern_matches(&regex, NULL));
		regfree(&regex);
	}
}

static void wrong(void **state)
{
	static const char *const patterns[] = {"(", "[a", "a\\", "*a|(", "(?P<name>a)"};

	(void)state;
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		struct err err = {0};
		regex_t regex;
		assert_int_equal(pattern_compile(&regex, "focus", patterns[i], &err), -1);
		assert_non_null(strstr(err.text, "--focus "));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(matches), cmocka_unit_test(wrong)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
