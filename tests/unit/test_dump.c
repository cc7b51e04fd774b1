/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/dump.o lib/heap_v2.o lib/poisson.o lib/config.o lib/program.o lib/fmt.o lib/say.o */
/* objects: lib/failure.o tests/unit/fake_real.o tests/unit/fake_sys.o */
/*
 * Proves: whatever fails or ends (disk, RLIMIT_FSIZE, any call) there is a whole dump or none, and
 * no file besides; a file that is there is never replaced, what is no file neither.
 * Fails when: a temporary file is forgotten, or a name is trusted.
 */
#include "dump.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"
#include "fake_sys.h"
#include "state.h"
#include "state_image.h"

#define TEXT_MAX 200000

/* The image is no state of this process. */
struct layout_header *state_look(void)
{
	return NULL;
}

static union image image;
static char folder[] = "/dev/shm/lktest-XXXXXX";
static char text[TEXT_MAX];

static struct layout_view view_of(const union image *of)
{
	return (struct layout_view){.header = &of->header, .bytes = IMAGE_BYTES};
}

/* Path of @name in the folder; valid until the next call but one. */
static const char *in_folder(const char *name)
{
	static char paths[2][1400];
	static unsigned turn;

	turn ^= 1;
	snprintf(paths[turn], sizeof(paths[turn]), "%s/%s", folder, name);
	return paths[turn];
}

static unsigned files(void)
{
	DIR *dir = opendir(folder);
	unsigned n = 0;

	for (struct dirent *e; (e = readdir(dir)) != NULL;) {
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	}
	closedir(dir);
	return n;
}

static size_t read_text(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t at = 0;
	ssize_t n;

	assert_true(fd >= 0);
	while ((n = read(fd, text + at, sizeof(text) - 1 - at)) > 0) {
		at += (size_t)n;
	}
	close(fd);
	text[at] = '\0';
	return at;
}

static void remove_all(void)
{
	DIR *dir = opendir(folder);

	for (struct dirent *e; (e = readdir(dir)) != NULL;) {
		remove(in_folder(e->d_name));
	}
	closedir(dir);
}

static void start(void)
{
	memset(fake_sys(), 0, sizeof(*fake_sys()));
	fake_sys()->now_ns = 1700000060005000000u;
	remove_all();
}

/* A profile of one stack. */
static void fill(void)
{
	const uint64_t pcs[] = {0x55550000123a, 0x55550000456b, 0x7ffff7c29d90};

	image_start(&image, 524288, "/opt/my programs/srv");
	image_entry(&image, (struct layout_entry){.frames = image_frames(&image, pcs, 3),
						  .size = 64,
						  .allocs = 7});
	image_module(&image, 0x555500001000, 0x555500009000, "/opt/my programs/srv", 20);
}

/* A file takes the place of a file, and of nothing else: of no device, above all. */
static void no_file_there(void **unused)
{
	struct layout_view view = view_of(&image);
	struct stat st;

	(void)unused;
	start();
	fill();
	assert_int_equal(symlink("/dev/null", in_folder("link")), 0);
	assert_int_equal(dump_to(&view, "api", in_folder("link")), -EEXIST);
	assert_int_equal(lstat(in_folder("link"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
	assert_int_equal(dump_to(&view, "api", in_folder("fifo")), -EEXIST);
	assert_int_equal(files(), 2);
}

/* A limit of any size: a whole dump, or -EFBIG and no file. */
static void limit_of_size(void **unused)
{
	struct layout_view view = view_of(&image);

	(void)unused;
	start();
	fill();
	assert_int_equal(dump_to(&view, "signal", in_folder("whole")), 0);
	size_t whole = read_text(in_folder("whole"));

	for (size_t limit = 1; limit < whole + 100; limit += limit < whole - 5 ? 97 : 1) {
		start();
		fake_sys()->fsize = limit;
		int failed = dump_to(&view, "signal", in_folder("dump"));

		assert_int_equal(failed, limit < whole ? -EFBIG : 0);
		assert_int_equal(files(), limit < whole ? 0 : 1);
	}
}

/* The n-th call fails, for every n. */
static void every_failure(void **unused)
{
	const int errors[] = {ENOSPC, EIO, EMFILE, EACCES};
	struct layout_view view = view_of(&image);

	(void)unused;
	fill();
	for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
		unsigned n = 1;

		do {
			start();
			fake_sys_fail(FAKE_ALL, n, errors[e]);
			int failed = dump_to(&view, "signal", in_folder("dump"));

			assert_int_equal(failed, fake_sys()->calls >= n ? -errors[e] : 0);
			assert_int_equal(files(), failed == 0 ? 1 : 0);
		} while (fake_sys()->calls >= n++);
		assert_true(n > 5);
	}
	/* An interrupted write goes on. */
	start();
	fake_sys_fail(1u << FAKE_WRITE, 1, EINTR);
	assert_int_equal(dump_to(&view, "signal", in_folder("dump")), 0);
}

static void targets(void **unused)
{
	static char deep[3000];
	struct layout_view view = view_of(&image);

	(void)unused;
	start();
	fill();
	close(open(in_folder("old"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(dump_to(&view, "api", in_folder("old")), 0); /* replaces, as asked */
	assert_true(read_text(in_folder("old")) > 100);
	assert_int_equal(mkdir(in_folder("folder"), 0700), 0);
	assert_true(dump_to(&view, "api", in_folder("folder")) < 0);
	assert_int_equal(files(), 2);
	assert_int_equal(dump_to(&view, "api", in_folder("none/dump")), -ENOENT);
	assert_true(dump_to(&view, "api", "") < 0);
	memset(deep, 'x', sizeof(deep) - 1);
	assert_int_equal(dump_to(&view, "api", deep), -ENAMETOOLONG);
	assert_int_equal(files(), 2);
	/* A link planted at the temporary name is not followed. */
	assert_int_equal(symlink(in_folder("victim"), in_folder(".dump.0")), 0);
	assert_int_equal(dump_to(&view, "api", in_folder("dump")), 0);
	assert_int_equal(access(in_folder("victim"), F_OK), -1);
}

static void configure(const char *dir, const char *tmpdir)
{
	char d[1100], t[1100];
	char *environment[] = {d, t, NULL};

	snprintf(d, sizeof(d), "LEAKTRACK_DIR=%s", dir);
	snprintf(t, sizeof(t), "TMPDIR=%s", tmpdir);
	config_start(environment);
}

static void names(bool no_noreplace)
{
	struct layout_view view = view_of(&image);

	start();
	fill();
	fake_sys()->no_noreplace = no_noreplace;
	configure(folder, folder);
	assert_int_equal(dump_named(&view, "signal", 1), 1);
	assert_int_equal(dump_named(&view, "signal", 1), 2); /* 1 is there */
	assert_int_equal(dump_named(&view, "signal", 3), 3);
	close(open(in_folder("leaktrack.4711.4.heap"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(symlink("/nowhere", in_folder("leaktrack.4711.5.heap")), 0);
	assert_int_equal(dump_named(&view, "signal", 4), 6);
	assert_int_equal(read_text(in_folder("leaktrack.4711.4.heap")), 0);
	assert_true(dump_named(&view, "exit", 0) >= 0);
	assert_true(dump_named(&view, "exit", 0) >= 0);
	assert_true(read_text(in_folder("leaktrack.4711.exit.heap")) > 100);
	assert_true(read_text(in_folder("leaktrack.4711.exit.2.heap")) > 100);
	assert_true(read_text(in_folder("leaktrack.4711.6.heap")) > 100);
	assert_int_equal(files(), 8);
	fake_sys_fail(1u << FAKE_RENAME, 1, EACCES);
	fake_sys()->fail_on = true;
	configure(folder, folder);
	int used = dump_named(&view, "signal", 20);

	assert_true(used < 0 || used == 20);
	assert_int_equal(files(), used < 0 ? 8 : 9);
}

static void names_are_new(void **unused)
{
	(void)unused;
	names(false);
	names(true);
}

static void next_folder(void **unused)
{
	struct layout_view view = view_of(&image);

	(void)unused;
	start();
	fill();
	configure(in_folder("none"), folder);
	assert_int_equal(dump_named(&view, "signal", 7), 7);
	assert_true(read_text(in_folder("leaktrack.4711.7.heap")) > 100);
	assert_int_equal(files(), 1);
}

static int make_folder(void **unused)
{
	(void)unused;
	return mkdtemp(folder) == NULL;
}

static int remove_folder(void **unused)
{
	(void)unused;
	remove_all();
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_file_there), cmocka_unit_test(limit_of_size),
		cmocka_unit_test(every_failure), cmocka_unit_test(targets),
		cmocka_unit_test(names_are_new), cmocka_unit_test(next_folder),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
