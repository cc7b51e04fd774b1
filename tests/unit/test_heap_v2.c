/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/heap_v2.o lib/failure.o lib/poisson.o lib/fmt.o tests/unit/fake_real.o */
/* objects: tests/unit/fake_sys.o */
/*
 * Proves: a hand-made state becomes this text, to the byte; counts of several rates are converted
 * as the formula says; a limit of file size and each failure of a write end it with an error; a
 * damaged state is read within its bounds. Fails when: the format changes, or a field of a file is
 * trusted.
 */
#include "heap_v2.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "apart.h"
#include "failure.h"
#include "fake_sys.h"
#include "leaktrack.h"
#include "poisson.h"
#include "state.h"
#include "state_image.h"

#define TEXT_MAX 200000

/* The image is no state of this process. */
struct layout_header *state_look(void)
{
	return NULL;
}

static union image image;
static int file = -1;
static char text[TEXT_MAX];
static uint64_t seed;

/* Write @bytes at @base as a state, and read the text back. */
static int write_text(const void *base, uint64_t bytes, const char *reason)
{
	struct layout_view view = {.header = base, .bytes = bytes};

	assert_int_equal(ftruncate(file, 0), 0);
	assert_int_equal(lseek(file, 0, SEEK_SET), 0);
	int failed = heap_v2_write(file, &view, reason);
	ssize_t n = pread(file, text, sizeof(text) - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	return failed;
}

static int write_image(const char *reason)
{
	return write_text(&image, IMAGE_BYTES, reason);
}

static void start(void)
{
	memset(fake_sys(), 0, sizeof(*fake_sys()));
	fake_sys()->now_ns = 1700000060005000000u;
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
	unsigned long long n[5];

	(void)unused;
	start();
	fill();
	assert_int_equal(write_image("signal"), 0);
	/* The header's blanks are many or few: only its words count. */
	assert_memory_equal(text, "heap profile: ", 14);
	const char *body = strchr(text, '\n'), *wanted = strchr(golden, '\n');

	assert_int_equal(sscanf(text, "heap profile: %llu: %llu [ %llu: %llu] @ heap_v2/%llu",
				&n[0], &n[1], &n[2], &n[3], &n[4]),
			 5);
	assert_true(n[0] == 6 && n[1] == 258 && n[2] == 14 && n[3] == 5243330 && n[4] == 524288);
	assert_string_equal(body, wanted);

	fake_sys()->short_by = 7; /* the disk takes a few bytes at a time */
	assert_int_equal(write_image("signal"), 0);
	assert_string_equal(strchr(text, '\n'), wanted);
	fake_sys()->short_by = 0;

	image_start(&image, 1, ""); /* an empty profile */
	assert_int_equal(write_image("exit"), 0);
	assert_non_null(strstr(text, "# held 0\nMAPPED_LIBRARIES:\n# end\n"));
}

/* Sums of twenty digits take no more room than was left for them. */
static void large_numbers(void **unused)
{
	const uint64_t pc = 0x401000;

	(void)unused;
	start();
	image_start(&image, 524288, "/p");
	image_entry(&image, (struct layout_entry){.frames = image_frames(&image, &pc, 1),
						  .size = 1ull << 50,
						  .allocs = 16383});
	assert_int_equal(write_image("api"), 0);
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
	unsigned long long inuse, inuse_bytes, alloc, alloc_bytes;

	image_start(&image, from, "/p");
	image.header.rates[1] = to;
	image.header.epoch = 1;
	image_entry(&image, (struct layout_entry){.frames = image_frames(&image, &pc, 1),
						  .size = size,
						  .allocs = allocs,
						  .frees = allocs / 3});
	assert_int_equal(write_image("api"), 0);
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

/* A line of its own, where there is something to tell. */
static void failures(void **unused)
{
	(void)unused;
	start();
	fill();
	assert_int_equal(write_image("signal"), 0);
	assert_null(strstr(text, "failures"));
	image.header.counts.failures = 3;
	assert_int_equal(write_image("signal"), 0);
	assert_non_null(strstr(text, "\n# failures 3\n"));
	image.header.off = LAYOUT_OFF_SCRATCH;
	assert_int_equal(write_image("signal"), 0);
	assert_non_null(strstr(text, "\n# failures 3 off scratch\n"));
	image.header.off = 77; /* a damaged file */
	assert_int_equal(write_image("signal"), 0);
	assert_non_null(strstr(text, "\n# failures 3\n"));
	assert_null(strstr(text, "damaged"));
	image_entry(&image, (struct layout_entry){.frames = 5000, .size = 8, .allocs = 1});
	image_entry(&image, (struct layout_entry){.epoch = 64, .size = 8, .allocs = 1});
	image_entry(&image, (struct layout_entry){.epoch = 64, .size = 8, .allocs = 0});
	assert_int_equal(write_image("signal"), 0);
	assert_non_null(strstr(text, "\n# damaged 2\n"));
	assert_int_equal(failure_off(), LAYOUT_OFF_TABLE);
}

/* A limit of any size: the whole text, or -EFBIG before the limit is met. */
static void limit_of_size(void **unused)
{
	(void)unused;
	start();
	fill();
	assert_int_equal(write_image("signal"), 0);
	size_t whole = strlen(text);

	for (size_t limit = 1; limit < whole + 100; limit += limit < whole - 5 ? 97 : 1) {
		fake_sys()->fsize = limit;
		assert_int_equal(write_image("signal"), limit < whole ? -EFBIG : 0);
		assert_true(strlen(text) <= limit);
	}
}

/* The n-th write fails, for every n. */
static void every_failure(void **unused)
{
	const unsigned writes = 1u << FAKE_WRITE | 1u << FAKE_PWRITE;
	unsigned n = 1;

	(void)unused;
	fill();
	do {
		start();
		fake_sys()->short_by = 100;
		fake_sys_fail(writes, n, ENOSPC);
		int failed = write_image("signal");

		assert_int_equal(failed, fake_sys()->calls >= n ? -ENOSPC : 0);
	} while (fake_sys()->calls >= n++);
	assert_true(n > 5);
	/* An interrupted write goes on. */
	start();
	fake_sys_fail(1u << FAKE_WRITE, 1, EINTR);
	assert_int_equal(write_image("signal"), 0);
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
			(void)write_text(tight, bytes, "keeper");
		}
		free(tight);
	}
	free(copy);
}

/* An entry of no size, in a process with two rates. */
static void no_size(void **unused)
{
	const uint64_t pc = 0x401000;

	(void)unused;
	start();
	image_start(&image, 524288, "/p");
	image.header.rates[1] = 4096;
	image.header.epoch = 1;
	image_entry(&image, (struct layout_entry){.frames = image_frames(&image, &pc, 1),
						  .size = 0,
						  .allocs = 3});
	assert_int_equal(write_image("keeper"), 0);
}

static int make_file(void **unused)
{
	(void)unused;
	file = memfd_create("text", MFD_CLOEXEC);
	return file < 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text),	 cmocka_unit_test(large_numbers),
		cmocka_unit_test(conversion),	 cmocka_unit_test(limit_of_size),
		cmocka_unit_test(every_failure), cmocka_unit_test(damaged),
		cmocka_unit_test(no_size),	 cmocka_unit_test(failures),
	};

	seed = seed_of_run();
	return cmocka_run_group_tests(tests, make_file, NULL);
}
