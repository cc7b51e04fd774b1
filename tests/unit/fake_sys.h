/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_sys.h - the door to the kernel, with failures to order
 *
 * fake_sys.c stands in for lib/sys.c: each call goes to the kernel all the same, unless the test
 * has asked for a failure, or for another kernel, user or clock than there is.
 */
#ifndef LEAKTRACK_TEST_FAKE_SYS_H
#define LEAKTRACK_TEST_FAKE_SYS_H

#include <stdbool.h>
#include <stdint.h>

enum fake_call {
	FAKE_OPEN, /* sys_open, sys_openat */
	FAKE_MMAP,
	FAKE_MPROTECT,
	FAKE_MADVISE,
	FAKE_FTRUNCATE,
	FAKE_FALLOCATE,
	FAKE_MKDIR,
	FAKE_MEMFD,
	FAKE_FSTAT,
	FAKE_READLINK,
	FAKE_GETDENTS,
	FAKE_WRITE,
	FAKE_PWRITE,
	FAKE_RENAME,
	FAKE_CALLS
};

#define FAKE_ALL ((1u << FAKE_CALLS) - 1)

struct fake_sys {
	const char *shm;    /* the folder that stands for /dev/shm; NULL: the real one */
	unsigned kinds;	    /* bits 1 << FAKE_*: these calls are counted, and may fail */
	unsigned calls;	    /* counted so far */
	unsigned fail_at;   /* the n-th of them fails, from 1; 0: none does */
	bool fail_on;	    /* and so do all that follow */
	int error;	    /* with this number, positive */
	bool no_populate;   /* a kernel that does not know MADV_POPULATE_WRITE */
	bool no_wipe;	    /* nor MADV_WIPEONFORK */
	bool no_noreplace;  /* a file system without RENAME_NOREPLACE */
	unsigned euid;	    /* 0: the real one */
	int pid;	    /* 0: the real one */
	uint64_t now_ns;    /* CLOCK_REALTIME; 0: the real one */
	uint64_t fsize, as; /* RLIMIT_FSIZE, RLIMIT_AS; 0: the real ones */
	unsigned short_by;  /* each write takes so many bytes at most; 0: all */
};

/* fake_sys - what is faked; all zero at first: nothing is. */
struct fake_sys *fake_sys(void);

/* fake_sys_fail - from now on the @n-th call of @kinds fails with @error. */
void fake_sys_fail(unsigned kinds, unsigned n, int error);

#endif
