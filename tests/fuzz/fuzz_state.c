/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/dump.o lib/heap_v2.o lib/poisson.o lib/config.o lib/program.o lib/fmt.o lib/say.o */
/* objects: tools/read_state.o tools/estimate.o tools/profile.o tools/finder.o tools/mem.o */
/* objects: tools/err.o */
/* fuzz_state - a state file with damaged fields, through its two readers: the dump and the tool
 *
 * make fuzz && build/fuzz/fuzz_state corpus/
 *
 * The input is how much of the file is cut off, and then edits to a sound file, six bytes each:
 * where and what. So every field is within reach from the first byte on. What must hold: no
 * sanitizer report, both readers end, and the dump is as large as what it was made of allows. */
#include "dump.h"
#include "failure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "read_state.h"
#include "sys.h"
#include "tests/unit/state_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- a kernel without files: what the dump writes is counted ------------------------------------
 */

static uint64_t written;

void failure_note(enum layout_off what)
{
	(void)what;
}

int sys_open(const char *path, int flags, unsigned mode)
{
	(void)path;
	(void)flags;
	(void)mode;
	return 3;
}

int sys_close(int fd)
{
	(void)fd;
	return 0;
}

/* What config.o and program.o ask at start, which nobody calls here. */
ssize_t sys_read(int fd, void *buf, size_t n)
{
	(void)fd, (void)buf, (void)n;
	return 0;
}

ssize_t sys_readlink(const char *path, char *buf, size_t n)
{
	(void)path, (void)buf, (void)n;
	return -ENOENT;
}

pid_t sys_getppid(void)
{
	return 1;
}

ssize_t sys_write(int fd, const void *buf, size_t n)
{
	const volatile char *bytes = buf;

	(void)fd;
	(void)bytes[n - 1]; /* is it all there? */
	written += n;
	return (ssize_t)n;
}

ssize_t sys_pwrite(int fd, const void *buf, size_t n, off_t at)
{
	(void)at;
	return sys_write(fd, buf, n);
}

int sys_unlink(const char *path)
{
	(void)path;
	return 0;
}

int sys_rename(const char *from, const char *to)
{
	(void)from;
	(void)to;
	return 0;
}

int sys_rename_noreplace(const char *from, const char *to)
{
	return sys_rename(from, to);
}

int sys_fstat(int fd, struct stat *st)
{
	(void)fd;
	memset(st, 0, sizeof(*st));
	return 0;
}

ssize_t sys_getcwd(char *buf, size_t n)
{
	(void)n;
	memcpy(buf, "/", 2);
	return 2;
}

int sys_lstat(const char *path, struct stat *st)
{
	(void)path;
	(void)st;
	return -ENOENT;
}

int sys_poll(void *fds, unsigned n, const struct timespec *limit)
{
	(void)fds;
	(void)n;
	(void)limit;
	return 0;
}

int sys_getrlimit(int resource, struct rlimit *limit)
{
	(void)resource;
	limit->rlim_cur = limit->rlim_max = RLIM_INFINITY;
	return 0;
}

int sys_clock(int clock, struct timespec *now)
{
	(void)clock;
	memset(now, 0, sizeof(*now));
	return 0;
}

/* --- the file -----------------------------------------------------------------------------------
 */

static void sound(union image *image)
{
	const uint64_t first[] = {0x55550000123a, 0x55550000456b, 0x7ffff7c29d90};
	const uint64_t second[] = {0x401005, 1, 0x7fffffffffffffff, 2};

	image_start(image, 524288, "/opt/program");
	image->header.rates[1] = 1048576;
	image->header.epoch = 1;
	uint32_t a = image_frames(image, first, 3), b = image_frames(image, second, 4);

	image_entry(image, (struct layout_entry){.frames = a, .size = 64, .allocs = 7, .frees = 3});
	image_entry(image, (struct layout_entry){.frames = b, .size = 1, .allocs = 2, .epoch = 1});
	image_entry(image, (struct layout_entry){.frames = a, .size = 1 << 20, .allocs = 5});
	image_module(image, 0x555500001000, 0x555500009000, "/opt/program", 20);
	image_module(image, 0x400000, 0x402000, "", 0);
	image_module(image, 0x7ffff7c28000, 0x7ffff7d80000, "/usr/lib/libc.so.6", 3)->gone = 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static union image image;
	uint16_t cut = 0, where;
	struct layout_view view;

	sound(&image);
	if (size >= sizeof(cut)) {
		memcpy(&cut, data, sizeof(cut));
	}
	for (size_t at = sizeof(cut); at + 6 <= size; at += 6) {
		memcpy(&where, data + at, sizeof(where));
		memcpy(image.bytes + (size_t)where * 4 % (IMAGE_BYTES - 3), data + at + 2, 4);
	}
	size_t bytes = IMAGE_BYTES - (size_t)cut % IMAGE_BYTES;
	char *tight = malloc(bytes);

	memcpy(tight, image.bytes, bytes);
	written = 0;
	if (layout_open(&view, tight, bytes) == NULL) {
		(void)dump_to(&view, "keeper", "/dump");
	}
	if (written > (uint64_t)IMAGE_BYTES * 10000) {
		abort();
	}
	struct profile *profile = profile_new();
	struct err err = {0};

	(void)read_state(tight, bytes, profile, &err);
	profile_free(profile);
	free(tight);
	return 0;
}
