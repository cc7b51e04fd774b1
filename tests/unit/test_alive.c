/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/alive.o */
/* Proves: a process is known by a file that it has mapped, not by a copy of that; when it started
 * is told, whatever it calls itself. Fails when: /proc is read otherwise. */
#include "alive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char folder[] = "/tmp/test_alive.XXXXXX";

static int make(const char *name, char *path, size_t room)
{
	int fd;

	snprintf(path, room, "%s/%s", folder, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 4096), 0);
	return fd;
}

static void mapped(void **state)
{
	char path[64], copy[64];
	int fd, other;
	void *here;

	(void)state;
	assert_non_null(mkdtemp(folder));
	fd = make("1.2 3.state", path, sizeof(path));
	other = make("copy", copy, sizeof(copy));
	assert_false(alive_has_mapped(getpid(), path));
	here = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(here, MAP_FAILED);
	assert_true(alive_has_mapped(getpid(), path));
	assert_false(alive_has_mapped(getppid(), path));
	assert_false(alive_has_mapped(0, path));
	assert_false(alive_has_mapped(getpid(), copy));
	assert_int_equal(unlink(path), 0);
	assert_false(alive_has_mapped(getpid(), path));
	assert_int_equal(rename(copy, path), 0); /* the name is the same, the file another one */
	assert_false(alive_has_mapped(getpid(), path));
	munmap(here, 4096);
	close(fd);
	close(other);
	unlink(path);
	rmdir(folder);
}

static void started(void **state)
{
	const int64_t now = (int64_t)time(NULL) * 1000000000;
	const int64_t plain = alive_start_ns(getpid());

	(void)state;
	assert_true(plain > now - INT64_C(600000000000) && plain < now + INT64_C(3000000000));
	assert_int_equal(prctl(PR_SET_NAME, "a) R 1 2 (b"), 0);
	assert_true(alive_start_ns(getpid()) == plain);
	assert_int_equal(alive_start_ns(0x7ffffffe), 0);
	assert_int_equal(alive_start_ns(0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mapped),
		cmocka_unit_test(started),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
