/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/source.o tools/mem.o */
/* Proves: lines of a source file are as they stand there, those of DOS and those that end in '?'
 * too; what a terminal would obey is shown as '?'; a file is found by ever less of its path.
 * Fails when: a line loses or gains a character, or a control character comes through. */
#include "source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void lines(void **state)
{
	static const char text[] = "one\r\nwhy?\nwhy?\r\n\ttab \x1b[1m\n\r\n\nlast";
	static const char *const wanted[] = {"one", "why?", "why?", "\ttab ?[1m", "", "", "last"};
	char folder[] = "/tmp/source.XXXXXX";
	char path[64];
	struct source source;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/x.c", folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	const char *search = folder;
	const struct source_places places = {NULL, &search, 1};
	assert_int_equal(source_open(&source, "/else/where/x.c", &places), 0);
	unlink(path);
	rmdir(folder);
	assert_int_equal(source.count, sizeof wanted / sizeof *wanted);
	for (size_t i = 0; i < source.count; i++) {
		assert_string_equal(source.lines[i], wanted[i]);
	}
	source_close(&source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(lines)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
