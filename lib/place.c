/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place.c - where a state file lives
 *
 * Names say who made a file: PID.START.state, START in milliseconds. A file whose PID is no process
 * is a dead one's, and so is another file of our own PID: by a process that had it before us, or by
 * what we were before exec. That one is of no use to anybody, for the memory went with the program:
 * it goes, and a keeper of it (keeper.h) is told. A PID that was given to a new process keeps its
 * old file a while longer, no more.
 */
#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "config.h"
#include "fmt.h"
#include "layout.h"
#include "sys.h"

#define FOLDER "/leaktrack-" /* and the user's number */

/* The kernel's getdents64 record. */
struct entry {
	uint64_t inode;
	int64_t next;
	uint16_t bytes;
	uint8_t type;
	char name[];
};

/* The dead files to keep: the newest seen so far, in no order. */
struct kept {
	unsigned n;
	struct {
		uint64_t start;
		char name[64];
	} files[PLACE_KEEP];
};

static bool take_number(const char **at, uint64_t *value)
{
	const char *s = *at;

	*value = 0;
	for (; *s >= '0' && *s <= '9'; s++) {
		*value = *value * 10 + (uint64_t)(*s - '0');
	}
	if (s == *at || *s != '.') {
		return false;
	}
	*at = s + 1;
	return true;
}

static bool is_dead(const char *name, uint64_t *start)
{
	uint64_t pid;

	if (strlen(name) >= sizeof(((struct kept *)0)->files[0].name) ||
	    !take_number(&name, &pid) || !take_number(&name, start) || strcmp(name, "state") != 0 ||
	    pid == 0 || pid > INT32_MAX) {
		return false;
	}
	return (pid_t)pid == sys_getpid() || sys_kill((pid_t)pid, 0) == -ESRCH;
}

/* Keep @name when it is among the newest, and remove whichever falls out. */
static void keep(struct kept *kept, int dir, const char *name, uint64_t start)
{
	unsigned oldest = 0;

	if (kept->n < PLACE_KEEP) {
		oldest = kept->n++;
	} else {
		for (unsigned i = 1; i < PLACE_KEEP; i++) {
			if (kept->files[i].start < kept->files[oldest].start) {
				oldest = i;
			}
		}
		if (start <= kept->files[oldest].start) {
			(void)sys_unlinkat(dir, name);
			return;
		}
		(void)sys_unlinkat(dir, kept->files[oldest].name);
	}
	kept->files[oldest].start = start;
	memcpy(kept->files[oldest].name, name, strlen(name) + 1); /* is_dead() saw that it fits */
}

/* When this process began, as the kernel counts: the 22nd field of its stat, in hundredths of a
 * second since boot, made milliseconds of CLOCK_REALTIME; UINT64_MAX: not known. */
static uint64_t own_start(void)
{
	char buf[512];
	struct timespec real = {0}, boot = {0};
	int fd = sys_open("/proc/self/stat", O_RDONLY | O_CLOEXEC, 0);
	ssize_t n = fd >= 0 ? sys_read(fd, buf, sizeof(buf) - 1) : -1;
	uint64_t ticks = 0;

	if (fd >= 0) {
		(void)sys_close(fd);
	}
	n = n > 0 ? n : 0;
	buf[n] = '\0';
	const char *at = strrchr(buf, ')'); /* the end of the second */

	for (unsigned field = 2; at != NULL && field < 22; field++) {
		at = memchr(at + 1, ' ', (size_t)(buf + n - at - 1));
	}
	if (at == NULL || sys_clock(CLOCK_REALTIME, &real) != 0 ||
	    sys_clock(CLOCK_BOOTTIME, &boot) != 0) {
		return UINT64_MAX;
	}
	for (at++; *at >= '0' && *at <= '9'; at++) {
		ticks = ticks * 10 + (uint64_t)(*at - '0');
	}
	uint64_t booted_ms = ((uint64_t)real.tv_sec - (uint64_t)boot.tv_sec) * 1000u +
			     (uint64_t)(real.tv_nsec / 1000000) -
			     (uint64_t)(boot.tv_nsec / 1000000);

	return booted_ms + ticks * 10;
}

/* Was @name made by what we were before exec? */
static bool is_former_self(const char *name, uint64_t start)
{
	uint64_t pid = 0;

	return take_number(&name, &pid) && (pid_t)pid == sys_getpid() && start >= own_start();
}

/* Its keeper looks at `finished` now and then, and goes. */
static void take_away(int dir, const char *name)
{
	static const uint32_t finished = 1;
	int fd = sys_openat(dir, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0);

	if (fd >= 0) {
		(void)sys_pwrite(fd, &finished, sizeof(finished),
				 offsetof(struct layout_header, finished));
		(void)sys_close(fd);
	}
	(void)sys_unlinkat(dir, name);
}

static void sweep(int dir)
{
	_Alignas(struct entry) char buf[768];
	struct kept kept = {0};
	ssize_t n;

	while ((n = sys_getdents(dir, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct entry *e = (const void *)(buf + at);
			uint64_t start;

			if (!is_dead(e->name, &start)) {
				/* a living one's */
			} else if (is_former_self(e->name, start)) {
				take_away(dir, e->name);
			} else {
				keep(&kept, dir, e->name, start);
			}
			at += e->bytes;
		}
	}
}

/* The folder's descriptor, or -errno. */
static int open_folder(const char *path)
{
	struct stat st;
	int dir;

	/* The last process to leave takes the folder away, maybe between our two steps. */
	for (unsigned i = 0; i < 3; i++) {
		(void)sys_mkdir(path, 0700);
		dir = sys_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
		if (dir != -ENOENT) {
			break;
		}
	}
	if (dir < 0) {
		return dir;
	}
	if (sys_fstat(dir, &st) != 0 || st.st_uid != sys_geteuid() || (st.st_mode & 0077) != 0) {
		(void)sys_close(dir);
		return -EPERM;
	}
	return dir;
}

static int create_in(const char *root, const char *folder, char *path, uint64_t now_ms)
{
	struct fmt f = fmt_on(path, PLACE_PATH_MAX);

	fmt_str(&f, root);
	fmt_str(&f, folder);
	if (folder[0] != '\0') {
		fmt_dec(&f, sys_geteuid());
	}
	size_t folder_end = f.len;
	int dir = folder[0] != '\0' ? open_folder(path)
				    : sys_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

	if (dir < 0) {
		return dir;
	}
	sweep(dir);
	fmt_str(&f, "/");
	fmt_dec(&f, (uint64_t)sys_getpid());
	fmt_str(&f, ".");
	fmt_dec(&f, now_ms);
	fmt_str(&f, ".state");

	int fd = f.cut ? -ENAMETOOLONG
		       : sys_openat(dir, path + folder_end + 1,
				    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	(void)sys_close(dir);
	return fd;
}

int place_create(char *path, uint64_t now_ms)
{
	const struct config *config = config_get();
	int fd = -ENOENT;

	if (config->dir[0] == '/' && sys_getpid() == 1) {
		fd = create_in(config->dir, "", path, now_ms);
	}
	if (fd < 0) {
		fd = create_in("/dev/shm", FOLDER, path, now_ms);
	}
	if (fd < 0 && fd != -EMFILE && fd != -ENFILE) {
		fd = create_in(config->tmpdir, FOLDER, path, now_ms);
	}
	if (fd < 0) {
		path[0] = '\0';
		fd = sys_memfd_create("leaktrack", MFD_CLOEXEC);
	}
	return fd;
}

void place_remove(char *path)
{
	char *name = strrchr(path, '/');

	if (name == NULL) {
		return;
	}
	(void)sys_unlink(path);
	*name = '\0';
	name = strrchr(path, '/');
	if (name != NULL && strncmp(name, FOLDER, strlen(FOLDER)) == 0 &&
	    strcmp(path, config_get()->dir) != 0) {
		(void)sys_rmdir(path); /* not if it holds another process's file */
	}
	path[0] = '\0';
}
