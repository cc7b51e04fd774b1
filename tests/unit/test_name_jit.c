/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/name_jit.o tools/alive.o tools/mem.o */
/* Proves: a perf map's lines name their addresses, the later line where code was replaced; lines
 * that are none, cut ones and links are left out. So is a map of a process that had the PID before,
 * or has it now, or made it after the dump.
 * Fails when: a line is read otherwise, the search stops too early or too late, or a time is
 * compared the other way round. */
#include "name_jit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct name_jit_owner anybody;

static struct name_jit *read_text(const char *text)
{
	char path[] = "/tmp/test_name_jit.XXXXXX";
	int fd = mkstemp(path);
	struct name_jit *jit;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	jit = name_jit_open(path, &anybody);
	unlink(path);
	assert_non_null(jit);
	return jit;
}

static void check(const struct name_jit *jit, uint64_t address, const char *wanted)
{
	const char *name = name_jit_at(jit, address);

	if (wanted) {
		assert_non_null(name);
		assert_string_equal(name, wanted);
	} else {
		assert_null(name);
	}
}

static void lines(void **state)
{
	struct name_jit *jit = read_text("7f0000002000 100 second\n"
					 "0x7f0000001000 20 LazyCompile:*f /a b/c.js:12\n");

	(void)state;
	check(jit, 0x7f0000000fff, NULL);
	check(jit, 0x7f0000001000, "LazyCompile:*f /a b/c.js:12");
	check(jit, 0x7f000000101f, "LazyCompile:*f /a b/c.js:12");
	check(jit, 0x7f0000001020, NULL);
	check(jit, 0x7f00000020ff, "second");
	check(jit, UINT64_MAX, NULL);
	name_jit_free(jit);
}

static void replaced(void **state)
{
	struct name_jit *jit =
		read_text("1000 100 old\n1040 10 new\n1000 20 newest\n2000 10 other\n");

	(void)state;
	check(jit, 0x1000, "newest");
	check(jit, 0x1030, "old");
	check(jit, 0x1048, "new");
	check(jit, 0x1050, "old");
	check(jit, 0x1100, NULL);
	name_jit_free(jit);
}

static void no_lines(void **state)
{
	struct name_jit *jit = read_text("\nx\n10\n10 \n10 0 zero\nffffffffffffffff 10 over\n"
					 "1 fffffffffffffffff long\n20 10 good\n30 10");

	(void)state;
	check(jit, 0x10, NULL);
	check(jit, 0x20, "good");
	check(jit, 0x30, NULL);
	name_jit_free(jit);
	name_jit_free(read_text(""));
	assert_null(name_jit_open("/tmp/no such map", &anybody));
	assert_null(name_jit_open("/tmp", &anybody));
	assert_null(name_jit_open("/proc/self/exe", &anybody)); /* a link */
	name_jit_free(NULL);
}

#define HOUR INT64_C(3600000000000)

/* A map that is written now, as one of a process with other times: is it taken? */
static bool taken(pid_t pid, int64_t start_ns, int64_t dump_ns)
{
	const struct name_jit_owner owner = {pid, start_ns, dump_ns};
	char path[] = "/tmp/test_name_jit.XXXXXX";
	int fd = mkstemp(path);
	struct name_jit *jit;

	assert_true(fd >= 0);
	close(fd);
	jit = name_jit_open(path, &owner);
	unlink(path);
	name_jit_free(jit);
	return jit;
}

static void owners(void **state)
{
	const pid_t nobody = 0x7ffffffe; /* more than the kernel gives */
	struct statx status;
	struct timespec time;
	int64_t now;

	(void)state;
	clock_gettime(CLOCK_REALTIME, &time);
	now = time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
	assert_true(taken(getpid(), now, now));
	assert_true(taken(getpid(), now, now - HOUR)); /* it lives, and wrote after the dump */
	assert_true(taken(nobody, now - HOUR, now));
	assert_false(taken(nobody, now + HOUR, now + HOUR));   /* another one wrote it before */
	assert_false(taken(getpid(), now - HOUR, now - HOUR)); /* we are not that one */
	assert_int_equal(statx(AT_FDCWD, "/tmp", 0, STATX_BTIME, &status), 0);
	if (status.stx_mask & STATX_BTIME) {
		assert_false(taken(nobody, now - 2 * HOUR, now - HOUR)); /* made after the dump */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(replaced),
		cmocka_unit_test(no_lines),
		cmocka_unit_test(owners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
