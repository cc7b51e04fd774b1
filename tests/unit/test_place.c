/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/place.o lib/config.o lib/program.o lib/fmt.o lib/say.o tests/unit/fake_sys.o */
/*
 * Proves: a state file is made in a folder that is ours alone, else elsewhere: a link, a stranger's
 * folder and one that others may enter are refused. Of dead processes' files PLACE_KEEP stay, the
 * newest; files of living ones and strangers' files are not touched. Whatever call fails, what is
 * there afterwards is what the answer says.
 * Fails when: a check of the folder is lost, or the sweep takes a name for what it is not.
 */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "apart.h"
#include "layout.h"
#include "shm.h"

#define NOW 1700000000123u

static const char *folder(void)
{
	static char path[100];

	snprintf(path, sizeof(path), "%s/leaktrack-%u", shm_root, (unsigned)geteuid());
	return path;
}

static bool exists(const char *name)
{
	char path[300];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", folder(), name);
	return lstat(path, &st) == 0;
}

static void touch(const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", folder(), name);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

/* A PID that is no process. */
static int dead_pid(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return pid;
}

static void clean(void **unused)
{
	(void)unused;
	memset(fake_sys(), 0, sizeof(*fake_sys()));
	fake_sys()->shm = shm_root;
	shm_remove();
	assert_int_equal(mkdir(shm_root, 0700), 0);
	assert_int_equal(mkdir(shm_tmp, 0700), 0);
	shm_config("1m", "512k");
}

static void makes_and_removes(void **unused)
{
	char path[PLACE_PATH_MAX], wanted[PLACE_PATH_MAX];
	struct stat st;

	clean(unused);
	int fd = place_create(path, NOW);

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	snprintf(wanted, sizeof(wanted), "/dev/shm/leaktrack-%u/%d.%llu.state", (unsigned)geteuid(),
		 (int)getpid(), (unsigned long long)NOW);
	assert_string_equal(path, wanted);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(folder(), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	close(fd);
	touch("12.34.other");
	place_remove(path);
	assert_string_equal(path, "");
	assert_true(exists("12.34.other"));
	assert_int_equal(shm_files(NULL), 0);
	place_remove(path); /* nothing to remove: nothing happens */
	fd = place_create(path, NOW);
	close(fd);
	snprintf(wanted, sizeof(wanted), "%s/12.34.other", folder());
	unlink(wanted);
	place_remove(path);
	assert_int_equal(stat(folder(), &st), -1); /* the last one takes the folder away */
}

static void same_name_twice(void **unused)
{
	char first[PLACE_PATH_MAX], second[PLACE_PATH_MAX];

	clean(unused);
	int a = place_create(first, NOW);
	int b = place_create(second, NOW);

	assert_true(a >= 0 && b >= 0);
	assert_string_not_equal(first, second);
	close(a);
	close(b);
	place_remove(first);
	place_remove(second);
}

/* Each folder that is not ours alone: the file goes to $TMPDIR instead, and nothing into it. */
static void refused(const char *why)
{
	char path[PLACE_PATH_MAX];
	int fd = place_create(path, NOW);

	print_message("%s\n", why);
	assert_true(fd >= 0);
	assert_memory_equal(path, shm_tmp, strlen(shm_tmp));
	assert_int_equal(shm_files(shm_tmp), 1);
	close(fd);
	place_remove(path);
	assert_int_equal(shm_files(shm_tmp), 0);
}

static void strange_folders(void **unused)
{
	char elsewhere[100];

	clean(unused);
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", shm_root);
	assert_int_equal(mkdir(elsewhere, 0700), 0);
	assert_int_equal(symlink(elsewhere, folder()), 0);
	refused("a link to a folder of ours");
	assert_int_equal(rmdir(elsewhere), 0); /* it is empty */
	refused("a link to nothing");
	assert_int_equal(unlink(folder()), 0);

	close(open(folder(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	refused("a file");
	assert_int_equal(unlink(folder()), 0);

	const mode_t open_to_others[] = {0750, 0720, 0701, 0777, 01777};

	for (size_t i = 0; i < sizeof(open_to_others) / sizeof(open_to_others[0]); i++) {
		assert_int_equal(mkdir(folder(), 0700), 0);
		assert_int_equal(chmod(folder(), open_to_others[i]), 0);
		refused("a folder that others may enter");
		assert_int_equal(rmdir(folder()), 0);
	}
}

/* A folder that belongs to another user, made for us beforehand. */
static void foreign_owner(void **unused)
{
	char path[PLACE_PATH_MAX], theirs[100];

	clean(unused);
	fake_sys()->euid = (unsigned)geteuid() + 4711;
	snprintf(theirs, sizeof(theirs), "%s/leaktrack-%u", shm_root, fake_sys()->euid);
	assert_int_equal(mkdir(theirs, 0700), 0); /* of our real user */
	snprintf(theirs, sizeof(theirs), "%s/leaktrack-%u", shm_tmp, fake_sys()->euid);
	assert_int_equal(mkdir(theirs, 0700), 0);
	int fd = place_create(path, NOW);

	assert_true(fd >= 0);
	assert_string_equal(path, ""); /* memory without a name */
	close(fd);
	assert_int_equal(rmdir(theirs), 0);
}

static void sweeps(void **unused)
{
	char path[PLACE_PATH_MAX], name[64], alive[64], own[64];
	int pids[4], fd;

	clean(unused);
	assert_int_equal(mkdir(folder(), 0700), 0);
	for (int i = 0; i < 4; i++) {
		pids[i] = dead_pid();
	}
	for (unsigned i = 0; i < 100; i++) { /* in no order of age */
		snprintf(name, sizeof(name), "%d.%u.state", pids[i % 4], 1000 + i * 37 % 100);
		touch(name);
	}
	snprintf(alive, sizeof(alive), "%d.1.state", (int)getppid());
	snprintf(own, sizeof(own), "%d.5.state", (int)getpid()); /* of before an exec */
	touch(alive);
	touch(own);
	touch("notes.txt");
	touch("0.1.state");
	touch("99999999999.1.state");
	touch("1.x.state");
	touch("1.2.state~");
	fd = place_create(path, NOW);
	assert_true(fd >= 0);
	close(fd);
	for (unsigned i = 0; i < 100; i++) {
		unsigned start = 1000 + i * 37 % 100;

		snprintf(name, sizeof(name), "%d.%u.state", pids[i % 4], start);
		assert_int_equal(exists(name), start >= 1100 - PLACE_KEEP);
	}
	assert_true(exists(alive));
	assert_false(exists(own));
	assert_true(exists("notes.txt") && exists("0.1.state") && exists("1.x.state"));
	assert_true(exists("99999999999.1.state") && exists("1.2.state~"));
	/* kept ones, ours, the living one's, and three that only look like one */
	assert_int_equal(shm_files(NULL), PLACE_KEEP + 1 + 1 + 4);
}

/* What we were before exec goes, and its keeper, which has the file mapped, is told so; a process
 * that had our number before us left a dead one's file like any other. */
static void former_self(void **unused)
{
	char path[PLACE_PATH_MAX], before[64], former[64];
	uint64_t now_ms = (uint64_t)time(NULL) * 1000;
	uint32_t finished = 0;

	clean(unused);
	assert_int_equal(mkdir(folder(), 0700), 0);
	snprintf(before, sizeof(before), "%d.%llu.state", (int)getpid(),
		 (unsigned long long)now_ms - 3600000);
	snprintf(former, sizeof(former), "%d.%llu.state", (int)getpid(),
		 (unsigned long long)now_ms + 1000);
	touch(before);
	touch(former);
	snprintf(path, sizeof(path), "%s/%s", folder(), former);
	int seen = open(path, O_RDONLY | O_CLOEXEC);
	int fd = place_create(path, NOW);

	assert_true(seen >= 0 && fd >= 0);
	assert_true(exists(before));
	assert_false(exists(former));
	assert_int_equal(
		pread(seen, &finished, sizeof(finished), offsetof(struct layout_header, finished)),
		sizeof(finished));
	assert_int_equal(finished, 1);
	close(seen);
	close(fd);
}

/* More than one buffer of names, the folder being read while files go. */
static void sweeps_many(void **unused)
{
	char path[PLACE_PATH_MAX], name[64];

	clean(unused);
	assert_int_equal(mkdir(folder(), 0700), 0);
	int pid = dead_pid();

	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%d.%u.state", pid, 1700000000u + i);
		touch(name);
	}
	int fd = place_create(path, NOW);

	close(fd);
	assert_int_equal(shm_files(NULL), PLACE_KEEP + 1);
	for (unsigned i = 1000 - PLACE_KEEP; i < 1000; i++) {
		snprintf(name, sizeof(name), "%d.%u.state", pid, 1700000000u + i);
		assert_true(exists(name));
	}
}

/* As PID 1 of a container: the file belongs into LEAKTRACK_DIR, and that folder is the user's. */
static void as_pid_one(void **unused)
{
	char path[PLACE_PATH_MAX], dir[100], variable[120];
	char *environment[] = {variable, NULL};
	struct stat st;

	clean(unused);
	snprintf(dir, sizeof(dir), "%s/leaktrack-dumps", shm_root);
	snprintf(variable, sizeof(variable), "LEAKTRACK_DIR=%s", dir);
	assert_int_equal(mkdir(dir, 0755), 0);
	config_start(environment);
	fake_sys()->pid = 1;
	int fd = place_create(path, NOW);

	assert_true(fd >= 0);
	assert_memory_equal(path, dir, strlen(dir));
	close(fd);
	place_remove(path);
	assert_int_equal(stat(dir, &st), 0);
}

/* The n-th call fails, for every n: a file, memory without a name, or an error; nothing besides. */
static void every_failure(void **unused)
{
	const int errors[] = {EACCES, ENOSPC, EMFILE, ENOENT, EROFS};
	unsigned calls = 1;

	for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
		for (int on = 0; on < 2; on++) {
			for (unsigned n = 1; n <= calls; n++) {
				char path[PLACE_PATH_MAX];

				clean(unused);
				fake_sys_fail(FAKE_ALL, n, errors[e]);
				fake_sys()->fail_on = on != 0;
				int fd = place_create(path, NOW);

				calls = fake_sys()->calls > calls ? fake_sys()->calls : calls;
				fake_sys()->fail_at = 0;
				assert_int_equal(shm_files(NULL) + shm_files(shm_tmp),
						 fd >= 0 && path[0] != '\0');
				if (fd >= 0) {
					close(fd);
				}
				if (path[0] != '\0') {
					place_remove(path);
				}
				assert_int_equal(shm_files(NULL) + shm_files(shm_tmp), 0);
			}
		}
	}
	print_message("%u calls\n", calls);
	assert_true(calls > 5);
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC); /* none was left open */

	assert_true(fd < 20);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_and_removes), cmocka_unit_test(same_name_twice),
		cmocka_unit_test(strange_folders),   cmocka_unit_test(foreign_owner),
		cmocka_unit_test(former_self),	     cmocka_unit_test(sweeps),
		cmocka_unit_test(sweeps_many),	     cmocka_unit_test(as_pid_one),
		cmocka_unit_test(every_failure),
	};

	return cmocka_run_group_tests(tests, shm_setup, shm_teardown);
}
