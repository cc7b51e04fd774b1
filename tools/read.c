/* SPDX-License-Identifier: Apache-2.0 */
/* The reader table. A state file belongs to a process that may be running: it is read like any
 * other file, in one go, and its reader copes with whatever moment that caught. */
#include "read.h"

#include "mem.h"
#include "progress.h"
#include "read_heap.h"
#include "read_pprof.h"
#include "read_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	bool (*is)(const char *text, size_t length);
	int (*read)(const char *text, size_t length, struct profile *profile, struct err *err);
} readers[] = {
	{read_heap_is, read_heap},
	{read_state_is, read_state},
	{read_pprof_is, read_pprof},
};

struct bytes {
	char *at;
	size_t count, room;
	bool mapped; /* at comes from mmap, not from mem.h */
};

static int read_pipe(int file, struct bytes *bytes, struct err *err)
{
	for (;;) {
		bytes->at = mem_grow(bytes->at, &bytes->room, bytes->count + 65536, 1);
		const ssize_t got =
			read(file, bytes->at + bytes->count, bytes->room - bytes->count);
		if (got > 0) {
			bytes->count += (size_t)got;
		} else if (!got) {
			return 0;
		} else if (errno != EINTR) {
			return err_sys(err, "cannot be read");
		}
	}
}

/* From @at to @end, or to where the file ends now. */
static int read_range(int file, struct bytes *bytes, off_t at, off_t end, struct err *err)
{
	while (at < end) {
		const ssize_t got = pread(file, bytes->at + at, (size_t)(end - at), at);
		if (got > 0) {
			at += got;
		} else if (!got) {
			bytes->count = (size_t)at;
			return 0;
		} else if (errno != EINTR) {
			return err_sys(err, "cannot be read");
		}
	}
	return 0;
}

/* Only what is data: of a state file's hundreds of megabytes few are. */
static int read_sparse(int file, off_t size, struct bytes *bytes, struct err *err)
{
	off_t at = 0;

	bytes->at = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (bytes->at == MAP_FAILED) {
		bytes->at = NULL;
		return err_sys(err, "too large to be read");
	}
	bytes->count = bytes->room = (size_t)size;
	bytes->mapped = true;
	while (at < size && (size_t)size == bytes->count) {
		const off_t data = lseek(file, at, SEEK_DATA);
		if (data < 0 && errno == ENXIO) {
			return 0;
		}
		const off_t hole = data < 0 ? size : lseek(file, data, SEEK_HOLE);
		const off_t end = hole < 0 || hole > size ? size : hole;
		if (read_range(file, bytes, data < 0 ? at : data, end, err)) {
			return -1;
		}
		at = end;
	}
	return 0;
}

static int read_file(const char *path, struct bytes *bytes, struct err *err)
{
	struct stat stat;

	if (!strcmp(path, "-")) {
		return read_pipe(STDIN_FILENO, bytes, err);
	}
	const int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0) {
		return err_sys(err, "cannot be opened");
	}
	const bool regular = !fstat(file, &stat) && S_ISREG(stat.st_mode) && stat.st_size > 0;
	const int result =
		regular ? read_sparse(file, stat.st_size, bytes, err) : read_pipe(file, bytes, err);
	close(file);
	return result;
}

static void forget(struct bytes *bytes)
{
	if (bytes->mapped) {
		munmap(bytes->at, bytes->room);
	} else {
		free(bytes->at);
	}
}

static int foreign(const struct bytes *bytes, struct err *err)
{
	static const struct {
		const char *begin;
		size_t length;
		const char *what;
	} known[] = {
		{"\x28\xb5\x2f\xfd", 4, "zstd data, perhaps of heaptrack"},
		{"\x7f"
		 "ELF",
		 4, "a program or library"},
	};

	if (!bytes->count) {
		return err_set(err, "empty");
	}
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (bytes->count >= known[i].length &&
		    !memcmp(bytes->at, known[i].begin, known[i].length)) {
			return err_set(err, "not a heap dump or state file, but %s", known[i].what);
		}
	}
	return err_set(err, "not a heap dump or state file");
}

static int parse(const struct bytes *bytes, const char *path, struct profile *profile,
		 struct err *err)
{
	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
		if (readers[i].is(bytes->at, bytes->count)) {
			progress_start("reading", bytes->count);
			progress_on(path);
			const int result = readers[i].read(bytes->at, bytes->count, profile, err);
			progress_end();
			return result;
		}
	}
	return foreign(bytes, err);
}

struct profile *read_profile(const char *path, struct err *err)
{
	struct profile *profile = profile_new();
	struct bytes bytes = {0};

	if (read_file(path, &bytes, err) || parse(&bytes, path, profile, err)) {
		err_add(err, "%s", strcmp(path, "-") ? path : "standard input");
		profile_free(profile);
		profile = NULL;
	}
	forget(&bytes);
	return profile;
}
