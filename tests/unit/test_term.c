/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/term.o tools/json.o */
/* Proves: names are shortened by columns, never inside a character; strings of JSON are valid for
 * any bytes.
 * Fails when: UTF-8 is torn, or a quote, control character or broken byte gets through. */
#include "term.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "json.h"

#include <stdlib.h>
#include <string.h>

static void fit(void **state)
{
	char room[64];

	(void)state;
	assert_string_equal(term_fit("main.handle", 11, room, sizeof room), "main.handle");
	assert_string_equal(term_fit("main.handle", 0, room, sizeof room), "main.handle");
	assert_string_equal(term_fit("main.handle", 9, room, sizeof room), "mai...dle");
	assert_string_equal(term_fit("main.handle", 8, room, sizeof room), "ma...dle");
	assert_string_equal(term_fit_end("/src/shop/main.go:7", 12, room, sizeof room),
			    "...main.go:7");
	assert_string_equal(term_fit("αβγδεζηθικ", 7, room, sizeof room), "αβ...ικ");
	assert_int_equal(term_columns("(…)"), 3);
	/* No room: better too long than cut off. */
	assert_string_equal(term_fit("main.handle", 9, room, 5), "main.handle");
}

static void json(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{NULL, "null"},
		{"", "\"\""},
		{"a\"b\\c\n\x1f", "\"a\\\"b\\\\c\\u000a\\u001f\""},
		{"</script>", "\"\\u003c/script>\""},
		{"(…) é 𝄞", "\"(…) é 𝄞\""},
		{"\xff\xc3(\xe2\x82", "\"\\ufffd\\ufffd(\\ufffd\\ufffd\""},
		{"\xc0\x80\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = NULL;
		size_t length = 0;
		FILE *out = open_memstream(&text, &length);
		assert_non_null(out);
		json_string(out, cases[i].text);
		fclose(out);
		assert_string_equal(text, cases[i].json);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(fit), cmocka_unit_test(json)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
