/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/dump.o lib/poisson.o lib/config.o lib/fmt.o lib/say.o tests/unit/fake_sys.o */
/*
 * Proves: a hand-made state becomes this text, to the byte; counts of several rates are converted
 * as the formula says; whatever fails or ends (disk, RLIMIT_FSIZE, any call) there is a whole dump
 * or none, and no file besides; a file that is there is never replaced; a damaged state is read
 * within its bounds. Fails when: the format changes, a temporary file is forgotten, or a field of a
 * file is trusted.
 */
#include "dump.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "apart.h"
#include "config.h"
#include "fake_sys.h"
#include "leaktrack.h"
#include "poisson.h"
#include "state_image.h"

#define TEXT_MAX 200000

static union image image;
static char folder[] = "/dev/shm/lktest-XXXXXX";
static char text[TEXT_MAX];
static uint64_t seed;

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

/* Several of everything. */
static void fill(void)
{
	const uint64_t c[] = {0x55550000123a, 0x55550000456b, 0x7ffff7c29d90};
	const uint64_t odd[] = {0x401005, 1, 0x7fffffffffffffff, 2};

	image_start(&image, 524288, "/opt/my programs/srv\n2");
	image.header.counts = (struct layout_counts){
		.cut_stacks = 1, .lost_samples = 2, .lost_live = 3, .replaced = 4};
	uint32_t first = image_frames(&image, c, 3), second = image_frames(&image, odd, 4);

	image_entry(&image,
		    (struct layout_entry){
			    .frames = first, .size = 64, .slack = 8, .allocs = 7, .frees = 3});
	image_entry(&image, (struct layout_entry){.frames = second, .size = 1, .allocs = 0});
	image_entry(&image,
		    (struct layout_entry){.frames = second, .size = 1, .slack = 23, .allocs = 2});
	image_entry(&image, (struct layout_entry){
				    .frames = first, .size = 1 << 20, .allocs = 5, .frees = 5});
	image_module(&image, 0x555500001000, 0x555500009000, "/opt/my programs/srv\n2", 20);
	image_module(&image, 0x400000, 0x402000, "", 0);
	image_module(&image, 0x7ffff7c28000, 0x7ffff7d80000, "/usr/lib/x86_64-linux-gnu/libc.so.6",
		     3);
	image_module(&image, 0x7ffff7000000, 0x7ffff7002000, "/gone and covered", 0)->gone = 1;
	image_module(&image, 0x7ffff7001000, 0x7ffff7003000, "/plugin.so (deleted)", 0);
	image_module(&image, 0x7ffff6000000, 0x7ffff6002000, "/gone alone", 0)->gone = 1;
}

static const char golden[] =
	"heap profile:               6:             258 [             14:         5243330] @ "
	"heap_v2/524288\n"
	"# leaktrack " LEAKTRACK_VERSION " pid 4711 program /opt/my programs/srv?2\n"
	"# start 1700000000.000000042 dump 1700000060.005000000 reason signal\n"
	"# cut_stacks 1 lost_samples 2 lost_live 3 replaced 4 rate_changes 0 own_bytes 53248\n"
	"# usable 72\n"
	"  4: 256 [7: 448] @ 0x55550000123a 0x55550000456b 0x7ffff7c29d90\n"
	"# usable 24\n"
	"  2: 2 [2: 2] @ 0x401005 0x1 0x7fffffffffffffff 0x2\n"
	"# usable 1048576\n"
	"  0: 0 [5: 5242880] @ 0x55550000123a 0x55550000456b 0x7ffff7c29d90\n"
	"# held 336\n"
	"MAPPED_LIBRARIES:\n"
	"555500001000-555500009000: r-xp /opt/my programs/srv?2 (@2000) "
	"00112233445566778899aabbccddeeff10213243\n"
	"555500001000-555500009000 r-xp 00002000 00:00 0 /opt/my programs/srv?2\n"
	"00400000-00402000 r-xp 00002000 00:00 0 \n"
	"7ffff7c28000-7ffff7d80000: r-xp /usr/lib/x86_64-linux-gnu/libc.so.6 (@2000) 001122\n"
	"7ffff7c28000-7ffff7d80000 r-xp 00002000 00:00 0 /usr/lib/x86_64-linux-gnu/libc.so.6\n"
	"7ffff7001000-7ffff7003000 r-xp 00002000 00:00 0 /plugin.so (deleted)\n"
	"7ffff6000000-7ffff6002000 r-xp 00002000 00:00 0 /gone alone\n"
	"# end\n";

static void the_text(void **unused)
{
	struct layout_view view = view_of(&image);
	struct stat st;

	(void)unused;
	start();
	fill();
	assert_int_equal(dump_to(&view, "signal", in_folder("a b.heap")), 0);
	read_text(in_folder("a b.heap"));
	/* The header's blanks are many or few: only its words count. */
	assert_memory_equal(text, "heap profile: ", 14);
	const char *body = strchr(text, '\n'), *wanted = strchr(golden, '\n');
	unsigned long long n[5];

	assert_int_equal(sscanf(text, "heap profile: %llu: %llu [ %llu: %llu] @ heap_v2/%llu",
				&n[0], &n[1], &n[2], &n[3], &n[4]),
			 5);
	assert_true(n[0] == 6 && n[1] == 258 && n[2] == 14 && n[3] == 5243330 && n[4] == 524288);
	assert_string_equal(body, wanted);
	assert_int_equal(stat(in_folder("a b.heap"), &st), 0);
	assert_int_equal(files(), 1);

	fake_sys()->short_by = 7; /* the disk takes a few bytes at a time */
	assert_int_equal(dump_to(&view, "signal", in_folder("short.heap")), 0);
	read_text(in_folder("short.heap"));
	assert_string_equal(strchr(text, '\n'), wanted);
	fake_sys()->short_by = 0;

	image_start(&image, 1, ""); /* an empty profile */
	assert_int_equal(dump_to(&view, "exit", in_folder("empty.heap")), 0);
	read_text(in_folder("empty.heap"));
	assert_non_null(strstr(text, "# held 0\nMAPPED_LIBRARIES:\n# end\n"));
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

/* Sums of twenty digits take no more room than was left for them. */
static void large_numbers(void **unused)
{
	struct layout_view view = view_of(&image);
	const uint64_t pc = 0x401000;

	(void)unused;
	start();
	image_start(&image, 524288, "/p");
	image_entry(&image, (struct layout_entry){.frames = image_frames(&image, &pc, 1),
						  .size = 1ull << 50,
						  .allocs = 16383});
	assert_int_equal(dump_to(&view, "api", in_folder("large")), 0);
	read_text(in_folder("large"));
	assert_non_null(strstr(text, "16383: 18445618173802708992 ["));
	assert_non_null(strstr(text, "@ heap_v2/524288\n# leaktrack "));
}

static double chance(double size, double rate)
{
	return rate <= 1 ? 1 : -expm1(-size / rate);
}

/* One entry taken at @from, in a process that also had @to: the counts as they are written. */
static void converts(uint64_t size, uint64_t from, uint64_t to, uint64_t allocs)
{
	const uint64_t pc = 0x401000;
	struct layout_view view = view_of(&image);
	unsigned long long inuse, inuse_bytes, alloc, alloc_bytes;

	image_start(&image, from, "/p");
	image.header.rates[1] = to;
	image.header.epoch = 1;
	image_entry(&image, (struct layout_entry){.frames = image_frames(&image, &pc, 1),
						  .size = size,
						  .allocs = allocs,
						  .frees = allocs / 3});
	assert_int_equal(dump_to(&view, "api", in_folder("rates")), 0);
	read_text(in_folder("rates"));
	const char *line = strstr(text, "\n  ");

	assert_non_null(line);
	assert_int_equal(sscanf(line, " %llu: %llu [%llu: %llu]", &inuse, &inuse_bytes, &alloc,
				&alloc_bytes),
			 4);
	double by = chance((double)size, (double)to) / chance((double)size, (double)from);
	double wanted = (double)allocs * by, live = (double)(allocs - allocs / 3) * by;

	if (fabs((double)alloc - wanted) > 0.51 + wanted * 1e-3 ||
	    fabs((double)inuse - live) > 0.51 + live * 1e-3) {
		fail_msg("%llu of size %llu from rate %llu to %llu: %llu, not %.2f",
			 (unsigned long long)allocs, (unsigned long long)size,
			 (unsigned long long)from, (unsigned long long)to, alloc, wanted);
	}
	assert_true(inuse <= alloc);
	assert_int_equal(inuse_bytes, inuse * size);
	assert_int_equal(alloc_bytes, alloc * size);
}

static void conversion(void **unused)
{
	const uint64_t sizes[] = {1, 2, 64, 511, 513, 4096, 524288, 1 << 24, 1ull << 34};
	const uint64_t rates[] = {1, 2, 64, 4096, 524288, 1 << 20, 1ull << 32, 1ull << 40};
	const size_t n = sizeof(rates) / sizeof(rates[0]);

	(void)unused;
	start();
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		for (size_t from = 0; from < n; from++) {
			for (size_t to = 0; to <= from; to++) {
				converts(sizes[s], rates[from], rates[to], 1);
				converts(sizes[s], rates[from], rates[to], 1000);
			}
		}
	}
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

/* Fields of any value. The copy has no byte more than the file: what is read outside is a report.
 */
static void damaged(void **unused)
{
	uint64_t state = seed;
	char *copy = malloc(IMAGE_BYTES);

	(void)unused;
	start();
	fill();
	union image whole = image;

	for (int i = 0; i < 3000; i++) {
		uint64_t bytes = IMAGE_BYTES;

		memcpy(copy, &whole, IMAGE_BYTES);
		if (i % 4 == 0) {
			bytes = poisson_next(&state) % (IMAGE_BYTES + 1);
		}
		for (unsigned n = 1 + i % 5; n > 0; n--) {
			static const unsigned regions[] = {0, 584, 632, 4096, 12288, 20480};
			uint64_t r = poisson_next(&state);
			uint64_t at = regions[r % 6] + (r >> 8) % 200 / 4 * 4;
			uint32_t value = (uint32_t)(r >> 32) >> (r >> 20) % 32;

			memcpy(copy + at, &value, sizeof(value));
		}
		char *tight = malloc(bytes != 0 ? bytes : 1);
		struct layout_view view;

		memcpy(tight, copy, bytes);
		if (layout_open(&view, tight, bytes) == NULL) {
			(void)dump_to(&view, "keeper", in_folder("damaged"));
		}
		free(tight);
	}
	free(copy);
}

/* An entry of no size, in a process with two rates. */
static void no_size(void **unused)
{
	struct layout_view view = view_of(&image);
	const uint64_t pc = 0x401000;

	(void)unused;
	start();
	image_start(&image, 524288, "/p");
	image.header.rates[1] = 4096;
	image.header.epoch = 1;
	image_entry(&image, (struct layout_entry){.frames = image_frames(&image, &pc, 1),
						  .size = 0,
						  .allocs = 3});
	assert_int_equal(dump_to(&view, "keeper", in_folder("size")), 0);
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
		cmocka_unit_test(the_text),	 cmocka_unit_test(no_file_there),
		cmocka_unit_test(large_numbers), cmocka_unit_test(conversion),
		cmocka_unit_test(limit_of_size), cmocka_unit_test(every_failure),
		cmocka_unit_test(targets),	 cmocka_unit_test(names_are_new),
		cmocka_unit_test(next_folder),	 cmocka_unit_test(damaged),
		cmocka_unit_test(no_size),
	};

	seed = seed_of_run();
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
