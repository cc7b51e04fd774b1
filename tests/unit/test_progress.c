/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/progress.o tools/msg.o */
/* Proves: the bar is drawn on a terminal once a stage has lasted half a second, with what is done
 * of all, in one line of less than 80 columns; it is taken back before a message and at the end;
 * where stderr is no terminal, or a dumb one, and in quick stages, nothing is written. Fails when:
 * the bar shows where nobody can see it, stays behind, or garbles a message. */
#include "progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "msg.h"

static struct {
	int terminal; /* our end of it */
	int stderr_before;
	char text[65536];
} fixture;

/* stderr becomes a terminal, or the file that @path names */
static void redirect(const char *path)
{
	int fd;

	if (path) {
		fd = open(path, O_RDWR | O_CLOEXEC);
	} else {
		fixture.terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
		assert_true(fixture.terminal >= 0);
		assert_int_equal(grantpt(fixture.terminal), 0);
		assert_int_equal(unlockpt(fixture.terminal), 0);
		fd = open(ptsname(fixture.terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
	}
	assert_true(fd >= 0);
	fixture.stderr_before = dup(STDERR_FILENO);
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	close(fd);
}

static const char *written(void)
{
	struct pollfd wait = {.fd = fixture.terminal, .events = POLLIN};
	size_t used = 0;
	ssize_t n;

	while (poll(&wait, 1, 50) == 1 && (wait.revents & POLLIN) &&
	       (n = read(fixture.terminal, fixture.text + used, sizeof(fixture.text) - 1 - used)) >
		       0) {
		used += (size_t)n;
	}
	fixture.text[used] = 0;
	assert_int_equal(dup2(fixture.stderr_before, STDERR_FILENO), STDERR_FILENO);
	close(fixture.stderr_before);
	close(fixture.terminal);
	return fixture.text;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void work(double duration)
{
	double start = seconds(), now = start;

	progress_start("naming", 1000);
	progress_on("/a/long/folder/whose/start/is/of/less/interest/than/its/end/lib\033file.so");
	for (; now < start + duration; now = seconds()) {
		progress_at((size_t)((now - start) / duration * 1000));
		usleep(5000);
	}
}

static void shown(void **state)
{
	const char *text, *percent;
	size_t length;

	(void)state;
	redirect(NULL);
	work(0.8);
	msg_warn("in between");
	progress_end();
	text = written();
	assert_int_equal(strncmp(text, "leaktrack-symbolize: naming   [", 31), 0);
	percent = strchr(text, '%');
	assert_non_null(percent);
	assert_true(atoi(percent - 3) >= 62 && atoi(percent - 3) <= 99);
	assert_non_null(strstr(text, "=>"));
	assert_non_null(strstr(text, "lib?file.so"));
	assert_null(strstr(text, "/a/long/folder/whose/start"));
	length = strcspn(text, "\r");
	assert_true(length < 80 && text[length] == '\r');
	assert_non_null(strstr(text, "\r\033[Kleaktrack-symbolize: warning: in between\r\n"));
	assert_string_equal(text + strlen(text) - 2, "\r\n");
}

static void taken_back(void **state)
{
	const char *text;

	(void)state;
	redirect(NULL);
	work(0.7);
	progress_end();
	progress_at(1); /* no stage: nothing */
	text = written();
	assert_string_equal(text + strlen(text) - 4, "\r\033[K");
}

static void quick(void **state)
{
	(void)state;
	redirect(NULL);
	work(0.1);
	progress_end();
	assert_string_equal(written(), "");
}

static void dumb(void **state)
{
	(void)state;
	setenv("TERM", "dumb", 1);
	redirect(NULL);
	work(0.7);
	progress_end();
	assert_string_equal(written(), "");
	setenv("TERM", "xterm", 1);
}

static void no_terminal(void **state)
{
	char path[] = "/tmp/test_progress.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	redirect(path);
	work(0.7);
	progress_end();
	dup2(fixture.stderr_before, STDERR_FILENO);
	close(fixture.stderr_before);
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	close(fd);
	unlink(path);
}

static int prepare(void **state)
{
	(void)state;
	return setenv("TERM", "xterm", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shown), cmocka_unit_test(taken_back),	cmocka_unit_test(quick),
		cmocka_unit_test(dumb),	 cmocka_unit_test(no_terminal),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
