/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dump.c - where a dump goes: a file that is whole or not there
 *
 * It is written under a name that nobody looks for and gets its own when it is complete. Folders
 * are tried one after the other; what is at a name already stays.
 */
#include "dump.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "config.h"
#include "fmt.h"
#include "heap_v2.h"
#include "say.h"
#include "sys.h"

#define TRIES 100u

/* A new file under a name that nobody looks at: <folder>/.<name>.N; @temporary gets its path. */
static int open_temporary(const char *path, struct fmt *temporary)
{
	const char *name = strrchr(path, '/');
	size_t folder = name == NULL ? 0 : (size_t)(name + 1 - path);
	int fd = -EEXIST;

	for (unsigned i = 0; fd == -EEXIST && i < TRIES; i++) {
		*temporary = fmt_on(temporary->buf, temporary->cap);
		fmt_bytes(temporary, path, folder);
		fmt_str(temporary, ".");
		fmt_str(temporary, path + folder);
		fmt_str(temporary, ".");
		fmt_dec(temporary, i);
		if (temporary->cut) {
			return -ENAMETOOLONG;
		}
		fd = sys_open(temporary->buf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			      0644);
	}
	return fd;
}

/* Write to a temporary file beside @path; its name is left in @temporary. */
static int write_temporary(const struct layout_view *view, const char *reason, const char *path,
			   struct fmt *temporary)
{
	int fd = open_temporary(path, temporary);

	if (fd < 0) {
		return fd;
	}
	int failed = heap_v2_write(fd, view, reason);

	(void)sys_close(fd);
	if (failed != 0) {
		(void)sys_unlink(temporary->buf);
	}
	return failed;
}

/* The renamed file would take the place of /dev/null, for who may do that. */
static bool is_no_file(const char *path)
{
	struct stat st;

	return sys_lstat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

int dump_to(const struct layout_view *view, const char *reason, const char *path)
{
	char name[DUMP_PATH_MAX];
	struct fmt temporary = {.buf = name, .cap = sizeof(name)};

	if (is_no_file(path)) {
		return -EEXIST;
	}
	int failed = write_temporary(view, reason, path, &temporary);

	if (failed == 0) {
		failed = sys_rename(name, path);
		if (failed != 0) {
			(void)sys_unlink(name);
		}
	}
	return failed;
}

static void name_dump(struct fmt *f, const char *folder, uint32_t pid, unsigned number,
		      unsigned attempt)
{
	*f = fmt_on(f->buf, f->cap);
	fmt_str(f, folder);
	fmt_str(f, folder[0] != '\0' ? "/leaktrack." : "leaktrack.");
	fmt_dec(f, pid);
	fmt_str(f, ".");
	if (number != 0) {
		fmt_dec(f, number + attempt);
	} else {
		fmt_str(f, "exit");
		if (attempt > 0) {
			fmt_str(f, ".");
			fmt_dec(f, attempt + 1);
		}
	}
	fmt_str(f, ".heap");
}

/* Where the file system knows no RENAME_NOREPLACE (NFS), look first. */
static int rename_new(const char *from, const char *to)
{
	int failed = sys_rename_noreplace(from, to);

	if (failed == -EINVAL || failed == -ENOSYS) {
		int fd = sys_open(to, O_RDONLY | O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);

		if (fd >= 0) {
			(void)sys_close(fd);
			return -EEXIST;
		}
		failed = sys_rename(from, to);
	}
	return failed;
}

/* The number used, or -errno. The temporary file's name, one frame down, is as long again. */
static int dump_in(const struct layout_view *view, const char *reason, const char *folder,
		   unsigned number)
{
	char name[DUMP_PATH_MAX / 2], from[DUMP_PATH_MAX / 2];
	struct fmt path = {.buf = name, .cap = sizeof(name)};
	struct fmt temporary = {.buf = from, .cap = sizeof(from)};
	uint32_t pid = view->header->pid;
	unsigned attempt = 0;
	int failed;

	name_dump(&path, folder, pid, number, 0);
	if (path.cut) {
		return -ENAMETOOLONG;
	}
	failed = write_temporary(view, reason, name, &temporary);
	if (failed != 0) {
		return failed;
	}
	do {
		name_dump(&path, folder, pid, number, attempt);
		failed = rename_new(from, name);
	} while (failed == -EEXIST && ++attempt < 10000u);
	if (failed != 0) {
		(void)sys_unlink(from);
		return failed;
	}
	return (int)(number + attempt);
}

static const char *meaning_of(int failed)
{
	switch (-failed) {
	case ENOSPC:
	case EDQUOT:
		return "no space left there; free some, or set LEAKTRACK_DIR";
	case EACCES:
	case EPERM:
	case EROFS:
		return "not writable; set LEAKTRACK_DIR to a folder that is";
	case ENOENT:
	case ENOTDIR:
		return "no such folder; make it, or set LEAKTRACK_DIR";
	case EMFILE:
	case ENFILE:
		return "no descriptor left; raise the limit of open files";
	case EFBIG:
		return "larger than the limit of file size; raise ulimit -f";
	case ENAMETOOLONG:
		return "its name is too long; set LEAKTRACK_DIR to a shorter one";
	default:
		return "could not be written; set LEAKTRACK_DIR to another folder";
	}
}

/* A program that has given up writing files (RLIMIT_FSIZE 0, as sandboxes do) and ends has not
 * asked for a dump: its stderr stays as it is, and no state file is left. */
static bool goes_without_saying(int failed, const char *reason)
{
	struct rlimit limit;

	return failed == -EFBIG && strcmp(reason, "exit") == 0 &&
	       sys_getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur == 0;
}

int dump_named(const struct layout_view *view, const char *reason, unsigned number)
{
	const struct config *config = config_get();
	const char *folders[] = {config->dir, config->tmpdir, "/tmp"};
	const char *first = folders[0][0] != '\0' ? folders[0] : "the working folder";
	int why = dump_in(view, reason, folders[0], number);
	int used = why;

	unsigned i;

	for (i = 1; used < 0 && i < 3; i++) {
		used = dump_in(view, reason, folders[i], number);
	}
	if (why < 0 && used < 0) {
		if (goes_without_saying(why, reason)) {
			return 0;
		}
		say("no dump", first, meaning_of(why));
	} else if (why < 0) {
		char where[600];
		struct fmt f = fmt_on(where, sizeof(where));

		fmt_str(&f, folders[i - 1]);
		fmt_str(&f, ", not ");
		fmt_str(&f, first);
		say("dump written to", where, meaning_of(why));
	}
	return used;
}
