/* SPDX-License-Identifier: Apache-2.0 */
/* The files of /proc change under the reader's hand: a process may end between two of them. What
 * cannot be read then counts as not there, and the process as gone. */
#include "watched.h"

#include "mem.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY	    "/libleaktrack.so"
#define STATE	    ".state"
#define KEEPER_NAME "leaktrack-keep\n"

/* A whole file of /proc/PID, with a 0 behind; NULL where it cannot be read. free() it. */
static char *read_whole(pid_t pid, const char *name, size_t *length)
{
	char *path __attribute__((cleanup(mem_free))) = mem_print("/proc/%d/%s", (int)pid, name);
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0, used = 0, got;

	if (!file) {
		return NULL;
	}
	do {
		text = mem_grow(text, &room, used + 4096, 1);
		got = fread(text + used, 1, room - used - 1, file);
		used += got;
	} while (got);
	const bool failed = ferror(file) != 0;
	fclose(file);
	if (failed) {
		free(text);
		return NULL;
	}
	text[used] = '\0';
	*length = used;
	return text;
}

static bool ends(const char *text, const char *ending)
{
	const size_t length = strlen(text), want = strlen(ending);

	return length >= want && !strcmp(text + length - want, ending);
}

/* The path in a line of /proc/PID/maps, or NULL; ' (deleted)' is taken off. */
static char *mapped_path(char *line)
{
	char *path = strchr(line, '/');

	if (path && ends(path, " (deleted)")) {
		path[strlen(path) - strlen(" (deleted)")] = '\0';
	}
	return path;
}

/* Is this the name of a process's own state file, PID.START.state? Those of others can be mapped
 * too: a tool's, or one that a fork has not left yet. */
static bool is_own_state(const char *path, pid_t inner_pid)
{
	const char *name = strrchr(path, '/') + 1;
	char *rest;

	return ends(name, STATE) && strtol(name, &rest, 10) == inner_pid && *rest == '.';
}

/* Looks through the mappings. Returns false where the library is not among them. */
static bool read_maps(struct watched *found)
{
	size_t length;
	char *maps __attribute__((cleanup(mem_free))) = read_whole(found->pid, "maps", &length);
	bool seen = false;
	char *rest = NULL;

	for (char *line = maps ? strtok_r(maps, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest)) {
		char *path = mapped_path(line);

		if (!path) {
			continue;
		}
		seen = seen || ends(path, LIBRARY);
		if (!found->state && is_own_state(path, found->inner_pid)) {
			found->state = watched_path(found, path);
		}
	}
	return seen;
}

/* The PID in the innermost namespace: the last number behind 'NSpid:'. */
static pid_t read_inner_pid(pid_t pid)
{
	size_t length;
	char *status __attribute__((cleanup(mem_free))) = read_whole(pid, "status", &length);
	char *at = status ? strstr(status, "\nNSpid:") : NULL;

	if (!at) {
		return pid;
	}
	at[1 + strcspn(at + 1, "\n")] = '\0';
	return (pid_t)strtol(strrchr(at, '\t') + 1, NULL, 10);
}

static char *read_command(pid_t pid)
{
	size_t length;
	char *text = read_whole(pid, "cmdline", &length);

	if (!text) {
		return mem_string("");
	}
	for (size_t i = 0; i + 1 < length; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) {
			text[i] = text[i] ? '?' : ' ';
		}
	}
	return text;
}

static bool is_keeper(pid_t pid)
{
	size_t length; /* the first argument; comm is the loader's for the keeper's first moments */
	char *name __attribute__((cleanup(mem_free))) = read_whole(pid, "cmdline", &length);

	return name && !strcmp(name, KEEPER_NAME);
}

int watched_find(struct watched *found, pid_t pid, struct err *err)
{
	size_t length;

	*found = (struct watched){.pid = pid, .inner_pid = read_inner_pid(pid)};
	if (kill(pid, 0) && errno == ESRCH) {
		return err_set(err, "%d: there is no such process", (int)pid);
	}
	char *maps = read_whole(pid, "maps", &length);
	if (!maps) {
		return err_sys(err, "%d: cannot look into it, ask its user or root", (int)pid);
	}
	free(maps);
	if (!read_maps(found) || is_keeper(pid)) {
		watched_clear(found);
		return err_set(err, "%d: does not run under leaktrack; start it by 'leaktrack run'",
			       (int)pid);
	}
	found->command = read_command(pid);
	return 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct watched *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

struct watched *watched_all(size_t *count)
{
	DIR *proc = opendir("/proc");
	struct watched *all = NULL;
	size_t room = 0, used = 0;

	for (struct dirent *entry; proc && (entry = readdir(proc));) {
		const pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		all = mem_grow(all, &room, used + 1, sizeof *all);
		if (pid > 0 && !watched_find(&all[used], pid, NULL)) {
			used++;
		}
	}
	if (proc) {
		closedir(proc);
	}
	if (used) {
		qsort(all, used, sizeof *all, by_pid);
	}
	*count = used;
	return all;
}

char *watched_variable(const struct watched *process, const char *name)
{
	const size_t name_length = strlen(name);
	size_t length = 0;
	char *env __attribute__((cleanup(mem_free))) = read_whole(process->pid, "environ", &length);

	for (size_t at = 0; env && at < length; at += strlen(env + at) + 1) {
		if (!strncmp(env + at, name, name_length) && env[at + name_length] == '=') {
			return mem_string(env + at + name_length + 1);
		}
	}
	return NULL;
}

/* Where a link of /proc leads to; NULL where it cannot be read. free() it. */
static char *read_link(const char *link)
{
	char to[PATH_MAX];
	const ssize_t length = readlink(link, to, sizeof to - 1);

	if (length < 0) {
		return NULL;
	}
	to[length] = '\0';
	return mem_string(to);
}

/* Does the process see the files that we see? */
static bool shares_files(pid_t pid)
{
	char *root_link __attribute__((cleanup(mem_free))) = mem_print("/proc/%d/root", (int)pid);
	char *space_link __attribute__((cleanup(mem_free))) =
		mem_print("/proc/%d/ns/mnt", (int)pid);
	char *root __attribute__((cleanup(mem_free))) = read_link(root_link);
	char *space __attribute__((cleanup(mem_free))) = read_link(space_link);
	char *our_root __attribute__((cleanup(mem_free))) = read_link("/proc/self/root");
	char *our_space __attribute__((cleanup(mem_free))) = read_link("/proc/self/ns/mnt");

	return root && space && our_root && our_space && !strcmp(root, our_root) &&
	       !strcmp(space, our_space);
}

char *watched_path(const struct watched *process, const char *path)
{
	if (shares_files(process->pid)) {
		return mem_string(path);
	}
	return mem_print("/proc/%d/root%s", (int)process->pid, path);
}

bool watched_ignores(const struct watched *process, int signal)
{
	size_t length;
	char *status __attribute__((cleanup(mem_free))) =
		read_whole(process->pid, "status", &length);
	const char *at = status ? strstr(status, "\nSigIgn:\t") : NULL;

	return at && (strtoull(at + strlen("\nSigIgn:\t"), NULL, 16) >> (signal - 1) & 1);
}

void watched_clear(struct watched *process)
{
	free(process->state);
	free(process->command);
	*process = (struct watched){0};
}

void watched_free_all(struct watched *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		watched_clear(&all[i]);
	}
	free(all);
}
