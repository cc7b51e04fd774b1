/* SPDX-License-Identifier: Apache-2.0 */
/* A dump is known by its number: leaktrack.PID.N.heap with an N that was not there before the
 * request, in any of the folders that the library may use. N may be below others: those of an
 * earlier process that had the same PID. Somebody else's request at the same
 * moment can make it; that dump is as good. */
#include "ask.h"

#include "lib/config.h"
#include "lib/sigchain.h"
#include "mem.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FOLDERS	 3
#define POLL_NS	 5000000
#define PER_TURN (1000000000 / POLL_NS)

/* Where the library may write: lib/config.h. */
struct places {
	char *folder[FOLDERS];
	struct numbers {
		long *list;
		size_t count, room;
	} old[FOLDERS]; /* that were there */
};

static char *working_path(const struct watched *process, const char *path)
{
	if (*path == '/') {
		return watched_path(process, path);
	}
	return mem_print("/proc/%d/cwd/%s", (int)process->pid, path);
}

/* N of a name leaktrack.PID.N.heap of this process; 0: it is no such name */
static long number_of(const char *name, pid_t pid)
{
	char expected[64];
	long number;
	int owner;

	if (sscanf(name, "leaktrack.%d.%ld.heap", &owner, &number) != 2 || owner != pid) {
		return 0;
	}
	snprintf(expected, sizeof expected, "leaktrack.%d.%ld.heap", owner, number);
	return strcmp(name, expected) ? 0 : number;
}

static struct numbers numbers_in(const char *folder, pid_t pid)
{
	struct numbers found = {0};
	DIR *dir = opendir(folder);

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		const long number = number_of(entry->d_name, pid);

		if (number > 0) {
			found.list = mem_grow(found.list, &found.room, found.count + 1,
					      sizeof *found.list);
			found.list[found.count++] = number;
		}
	}
	if (dir) {
		closedir(dir);
	}
	return found;
}

static bool contains(const struct numbers *numbers, long number)
{
	for (size_t i = 0; i < numbers->count; i++) {
		if (numbers->list[i] == number) {
			return true;
		}
	}
	return false;
}

/* The highest number that is there and was not; 0: none. */
static long new_in(const char *folder, pid_t pid, const struct numbers *old)
{
	struct numbers now = numbers_in(folder, pid);
	long number = 0;

	for (size_t i = 0; i < now.count; i++) {
		if (now.list[i] > number && !contains(old, now.list[i])) {
			number = now.list[i];
		}
	}
	free(now.list);
	return number;
}

static void find_places(struct places *places, const struct watched *process)
{
	char *dir __attribute__((cleanup(mem_free))) = watched_variable(process, "LEAKTRACK_DIR");
	char *tmp __attribute__((cleanup(mem_free))) = watched_variable(process, "TMPDIR");

	places->folder[0] = working_path(process, dir ? dir : "");
	places->folder[1] = watched_path(process, tmp && *tmp == '/' ? tmp : "/tmp");
	places->folder[2] = watched_path(process, "/tmp");
	for (size_t i = 0; i < FOLDERS; i++) {
		places->old[i] = numbers_in(places->folder[i], process->inner_pid);
	}
}

static void free_places(struct places *places)
{
	for (size_t i = 0; i < FOLDERS; i++) {
		free(places->folder[i]);
		free(places->old[i].list);
	}
}

/* The path of a dump that was not there before; NULL: none yet. free() it. */
static char *look(const struct places *places, pid_t pid)
{
	for (size_t i = 0; i < FOLDERS; i++) {
		const long number = new_in(places->folder[i], pid, &places->old[i]);

		if (number) {
			char *path = mem_print("%s/leaktrack.%d.%ld.heap", places->folder[i],
					       (int)pid, number);
			char *plain = realpath(path, NULL);

			if (!plain) {
				return path;
			}
			free(path);
			return plain;
		}
	}
	return NULL;
}

static char *wait_for_dump(const struct places *places, const struct watched *process,
			   struct err *err)
{
	const struct timespec nap = {.tv_nsec = POLL_NS};

	for (int turn = 0; turn < ASK_SECONDS * PER_TURN; turn++) {
		char *path = look(places, process->inner_pid);

		if (path) {
			return path;
		}
		if (kill(process->pid, 0) && errno == ESRCH) {
			err_set(err, "%d: ended before it wrote a dump", (int)process->pid);
			return NULL;
		}
		nanosleep(&nap, NULL);
	}
	err_set(err,
		"%d: no dump after %d seconds; it may block the signal, or what it wrote on stderr "
		"tells more; 'leaktrack top' needs no answer",
		(int)process->pid, ASK_SECONDS);
	return NULL;
}

/* The signal that this process dumps on, or -1 with @err. */
static int dump_signal(const struct watched *process, struct err *err)
{
	char *off __attribute__((cleanup(mem_free))) = watched_variable(process, "LEAKTRACK");
	char *name __attribute__((cleanup(mem_free))) =
		watched_variable(process, "LEAKTRACK_SIGNAL");
	int signal;

	if (off && !strcmp(off, "off")) {
		return err_set(err, "%d: was started with LEAKTRACK=off", (int)process->pid);
	}
	if (!name || !config_parse_signal(name, &signal)) {
		signal = SIGUSR2;
	}
	if (!signal) {
		return err_set(err,
			       "%d: was started with LEAKTRACK_SIGNAL=none; use 'leaktrack top'",
			       (int)process->pid);
	}
	if (watched_ignores(process, signal)) {
		return err_set(err, "%d: ignores signal %d; use 'leaktrack top'", (int)process->pid,
			       signal);
	}
	return signal;
}

char *ask_dump(const struct watched *process, struct err *err)
{
	const int signal = dump_signal(process, err);
	struct places places;
	char *path = NULL;

	if (signal < 0) {
		return NULL;
	}
	find_places(&places, process);
	if (sigqueue(process->pid, signal, (union sigval){.sival_int = SIGCHAIN_MARK})) {
		err_sys(err, "%d: signal %d", (int)process->pid, signal);
	} else {
		path = wait_for_dump(&places, process, err);
	}
	free_places(&places);
	return path;
}
