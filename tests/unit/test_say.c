/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/say.o lib/fmt.o tests/unit/fake_sys.o */
/*
 * Proves: what is said is one line, whatever is in it, and whole in one write; nothing is said
 * before the start, twice, or into a descriptor 2 that is not what it was.
 * Fails when: a host's file at descriptor 2 gets a line of ours, or a line end comes through.
 */
#include "say.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "apart.h"
#include "fake_sys.h"

static int reader;

/* Put a pipe at descriptor 2; what is written there comes out of `reader`. */
static void new_stderr(void)
{
	int ends[2];

	CHECK(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
	CHECK(dup2(ends[1], 2) == 2);
	close(ends[1]);
	reader = ends[0];
}

/* A failed CHECK is told on stdout here: descriptor 2 is the pipe. */
static void said(const char *wanted)
{
	char got[2000] = "";
	ssize_t n = read(reader, got, sizeof(got) - 1);

	if (strcmp(got, n > 0 ? wanted : "") != 0 || (n <= 0 && *wanted != '\0')) {
		printf("said '%s', not '%s'\n", got, wanted);
		fflush(stdout);
		_exit(1);
	}
}

static void lines(void *unused)
{
	(void)unused;
	new_stderr();
	say("too early", NULL, NULL);
	said("");
	say_start();
	say("what", "where", "how");
	said("leaktrack: what: where: how\n");
	say("what", NULL, "how");
	said("leaktrack: what: how\n");
	say("what", "where", NULL);
	said("leaktrack: what: where\n");
	say("what", NULL, NULL);
	said("leaktrack: what\n");
	say("what", NULL, NULL); /* the same again */
	said("");
	say("other", NULL, NULL);
	say("what", NULL, NULL);
	said("leaktrack: other\nleaktrack: what\n");
	say("a\nb", "c\r\x1b[31m\td", "e\x7f\xc3\xa4");
	said("leaktrack: a?b: c??[31m?d: e?\xc3\xa4\n");
	fake_sys_fail(1u << FAKE_WRITE, 1, 32);
	say("lost", NULL, NULL);
	said("");
}

static void long_lines(void *unused)
{
	static char text[5000];
	char got[2000];

	(void)unused;
	new_stderr();
	say_start();
	memset(text, 'x', sizeof(text) - 1);
	for (size_t n = 400; n < 600; n++) {
		memset(got, 0, sizeof(got));
		say("long", text + sizeof(text) - 1 - n, "how");
		if (read(reader, got, sizeof(got) - 1) <= 0) {
			CHECK(n > 480); /* cut to the same as before */
			continue;
		}
		CHECK(strncmp(got, "leaktrack: long: xxx", 20) == 0);
		CHECK(strlen(got) <= 512 && strchr(got, '\n') == got + strlen(got) - 1);
	}
}

static void not_ours(void *unused)
{
	char name[] = "/tmp/leaktrack-say-XXXXXX";
	struct stat st;

	(void)unused;
	new_stderr();
	say_start();
	int host = mkstemp(name);

	CHECK(host >= 0 && dup2(host, 2) == 2);
	say("what", NULL, NULL);
	int empty = fstat(host, &st) == 0 && st.st_size == 0;

	unlink(name);
	CHECK(empty);
	close(2);
	say("what else", NULL, NULL);
	said("");
}

/* SIGPIPE would end the test; a write into a full pipe of blocking descriptors would never end. */
static void nobody_listens(void *unused)
{
	char page[4096] = "";

	(void)unused;
	new_stderr();
	say_start();
	close(reader);
	say("what", NULL, NULL);
	new_stderr();
	say_start();
	while (write(2, page, sizeof(page)) > 0) {
	}
	CHECK(fcntl(2, F_SETFL, 0) == 0);
	alarm(5);
	say("what else", NULL, NULL);
	CHECK(read(reader, page, sizeof(page)) > 0 && page[0] == '\0');
}

static void closed_at_start(void *unused)
{
	(void)unused;
	close(2);
	say_start();
	new_stderr();
	say("what", NULL, NULL);
	said("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"lines", apart_test, NULL, NULL, (void *)lines},
		{"long lines", apart_test, NULL, NULL, (void *)long_lines},
		{"not ours", apart_test, NULL, NULL, (void *)not_ours},
		{"closed at start", apart_test, NULL, NULL, (void *)closed_at_start},
		{"nobody listens", apart_test, NULL, NULL, (void *)nobody_listens},
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
