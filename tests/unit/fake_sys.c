/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_sys.c - the door to the kernel, with failures to order
 *
 * lib/sys.c itself, with other names for the functions that are faked: what is not faked is the
 * real thing.
 */
#include "fake_sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "sys.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#define sys_open	     real_open
#define sys_openat	     real_openat
#define sys_mmap	     real_mmap
#define sys_mprotect	     real_mprotect
#define sys_madvise	     real_madvise
#define sys_ftruncate	     real_ftruncate
#define sys_fallocate	     real_fallocate
#define sys_mkdir	     real_mkdir
#define sys_memfd_create     real_memfd_create
#define sys_fstat	     real_fstat
#define sys_readlink	     real_readlink
#define sys_getdents	     real_getdents
#define sys_write	     real_write
#define sys_pwrite	     real_pwrite
#define sys_rename	     real_rename
#define sys_rename_noreplace real_rename_noreplace
#define sys_unlink	     real_unlink
#define sys_unlinkat	     real_unlinkat
#define sys_rmdir	     real_rmdir
#define sys_geteuid	     real_geteuid
#define sys_getpid	     real_getpid
#define sys_clock	     real_clock
#define sys_getrlimit	     real_getrlimit
int real_openat(int dir, const char *path, int flags, unsigned mode);
int real_unlinkat(int dir, const char *path);
pid_t real_getpid(void);
#include "lib/sys.c"
#undef sys_open
#undef sys_openat
#undef sys_mmap
#undef sys_mprotect
#undef sys_madvise
#undef sys_ftruncate
#undef sys_fallocate
#undef sys_mkdir
#undef sys_memfd_create
#undef sys_fstat
#undef sys_readlink
#undef sys_getdents
#undef sys_write
#undef sys_pwrite
#undef sys_rename
#undef sys_rename_noreplace
#undef sys_unlink
#undef sys_unlinkat
#undef sys_rmdir
#undef sys_geteuid
#undef sys_getpid
#undef sys_clock
#undef sys_getrlimit
#pragma GCC diagnostic pop

#define SHM	       "/dev/shm/leaktrack-"
#define POPULATE_WRITE 23

static struct fake_sys fake;

struct fake_sys *fake_sys(void)
{
	return &fake;
}

void fake_sys_fail(unsigned kinds, unsigned n, int error)
{
	fake.kinds = kinds;
	fake.calls = 0;
	fake.fail_at = n;
	fake.error = error;
}

static bool fails(enum fake_call kind)
{
	if ((fake.kinds >> kind & 1) == 0) {
		return false;
	}
	/* Several threads may come here. */
	unsigned n = __atomic_add_fetch(&fake.calls, 1, __ATOMIC_RELAXED);

	return fake.fail_at != 0 && (n == fake.fail_at || (fake.fail_on && n > fake.fail_at));
}

/* @path, or where it lies for the test; in a buffer of the caller's. */
static const char *place(const char *path, char *buffer, size_t n)
{
	if (fake.shm == NULL || strncmp(path, SHM, strlen(SHM)) != 0) {
		return path;
	}
	snprintf(buffer, n, "%s%s", fake.shm, path + strlen("/dev/shm"));
	return buffer;
}

int sys_open(const char *path, int flags, unsigned mode)
{
	char buffer[600];

	return fails(FAKE_OPEN) ? -fake.error
				: real_open(place(path, buffer, sizeof(buffer)), flags, mode);
}

int sys_openat(int dir, const char *path, int flags, unsigned mode)
{
	return fails(FAKE_OPEN) ? -fake.error : real_openat(dir, path, flags, mode);
}

void *sys_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	return fails(FAKE_MMAP) ? (void *)(intptr_t)-fake.error
				: real_mmap(at, size, prot, flags, fd, offset);
}

int sys_mprotect(void *at, size_t size, int prot)
{
	return fails(FAKE_MPROTECT) ? -fake.error : real_mprotect(at, size, prot);
}

int sys_madvise(void *at, size_t size, int advice)
{
	if ((fake.no_populate && advice == POPULATE_WRITE) ||
	    (fake.no_wipe && advice == MADV_WIPEONFORK)) {
		return -EINVAL;
	}
	return fails(FAKE_MADVISE) ? -fake.error : real_madvise(at, size, advice);
}

int sys_ftruncate(int fd, off_t size)
{
	return fails(FAKE_FTRUNCATE) ? -fake.error : real_ftruncate(fd, size);
}

int sys_fallocate(int fd, off_t at, off_t size)
{
	return fails(FAKE_FALLOCATE) ? -fake.error : real_fallocate(fd, at, size);
}

int sys_mkdir(const char *path, unsigned mode)
{
	char buffer[600];

	return fails(FAKE_MKDIR) ? -fake.error
				 : real_mkdir(place(path, buffer, sizeof(buffer)), mode);
}

int sys_memfd_create(const char *name, unsigned flags)
{
	return fails(FAKE_MEMFD) ? -fake.error : real_memfd_create(name, flags);
}

int sys_fstat(int fd, struct stat *st)
{
	return fails(FAKE_FSTAT) ? -fake.error : real_fstat(fd, st);
}

ssize_t sys_readlink(const char *path, char *buf, size_t n)
{
	return fails(FAKE_READLINK) ? -fake.error : real_readlink(path, buf, n);
}

ssize_t sys_getdents(int fd, void *buf, size_t n)
{
	return fails(FAKE_GETDENTS) ? -fake.error : real_getdents(fd, buf, n);
}

static size_t shortened(size_t n)
{
	return fake.short_by != 0 && n > fake.short_by ? fake.short_by : n;
}

ssize_t sys_write(int fd, const void *buf, size_t n)
{
	return fails(FAKE_WRITE) ? -fake.error : real_write(fd, buf, shortened(n));
}

ssize_t sys_pwrite(int fd, const void *buf, size_t n, off_t at)
{
	return fails(FAKE_PWRITE) ? -fake.error : real_pwrite(fd, buf, n, at);
}

int sys_rename(const char *from, const char *to)
{
	return fails(FAKE_RENAME) ? -fake.error : real_rename(from, to);
}

int sys_rename_noreplace(const char *from, const char *to)
{
	if (fake.no_noreplace) {
		return -EINVAL;
	}
	return fails(FAKE_RENAME) ? -fake.error : real_rename_noreplace(from, to);
}

int sys_unlink(const char *path)
{
	char buffer[600];

	return real_unlink(place(path, buffer, sizeof(buffer)));
}

int sys_unlinkat(int dir, const char *path)
{
	return real_unlinkat(dir, path);
}

int sys_rmdir(const char *path)
{
	char buffer[600];

	return real_rmdir(place(path, buffer, sizeof(buffer)));
}

unsigned sys_geteuid(void)
{
	return fake.euid != 0 ? fake.euid : real_geteuid();
}

pid_t sys_getpid(void)
{
	return fake.pid != 0 ? fake.pid : real_getpid();
}

int sys_clock(int clock, struct timespec *now)
{
	if (clock != CLOCK_REALTIME || fake.now_ns == 0) {
		return real_clock(clock, now);
	}
	now->tv_sec = (time_t)(fake.now_ns / 1000000000u);
	now->tv_nsec = (long)(fake.now_ns % 1000000000u);
	return 0;
}

int sys_getrlimit(int resource, struct rlimit *limit)
{
	uint64_t faked = resource == RLIMIT_FSIZE ? fake.fsize
			 : resource == RLIMIT_AS  ? fake.as
						  : 0;

	if (faked == 0) {
		return real_getrlimit(resource, limit);
	}
	limit->rlim_cur = limit->rlim_max = faked;
	return 0;
}
