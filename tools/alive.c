/* SPDX-License-Identifier: Apache-2.0 */
/* Processes, as /proc tells of them. */
#include "alive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

/* is_mapping_of - a line of /proc/PID/maps. The device is not compared: on overlays and btrfs it
 * is another one there. */
static bool is_mapping_of(const char *line, ino_t inode, const char *base)
{
	unsigned long long found;
	int at = 0;
	const char *slash;

	if (sscanf(line, "%*s %*s %*s %*s %llu %n", &found, &at) != 1 || !at || found != inode) {
		return false;
	}
	slash = strrchr(line + at, '/');
	return slash && strncmp(slash + 1, base, strlen(base)) == 0;
}

bool alive_has_mapped(pid_t pid, const char *path)
{
	const char *slash = strrchr(path, '/');
	char maps[64], *line = NULL;
	struct stat status;
	size_t room = 0;
	bool found = false;
	FILE *in;

	snprintf(maps, sizeof(maps), "/proc/%d/maps", (int)pid);
	in = pid > 0 && !stat(path, &status) ? fopen(maps, "re") : NULL;
	while (in && !found && getline(&line, &room, in) > 0) {
		found = is_mapping_of(line, status.st_ino, slash ? slash + 1 : path);
	}
	free(line);
	if (in) {
		fclose(in);
	}
	return found;
}

/* text_of - a whole file of /proc, from malloc; NULL: it cannot be read */
static char *text_of(const char *path)
{
	FILE *in = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;

	if (in && getdelim(&text, &room, 0, in) <= 0) {
		free(text);
		text = NULL;
	}
	if (in) {
		fclose(in);
	}
	return text;
}

/* ticks_of - when the process started, in ticks since the machine did; -1: unknown */
static long long ticks_of(pid_t pid)
{
	char path[64], *text, *at;
	long long ticks = -1;
	int blanks = 20; /* behind the name, which may hold brackets of its own */

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	text = text_of(path);
	at = text ? strrchr(text, ')') : NULL;
	while (at && blanks--) {
		at = strchr(at + 1, ' ');
	}
	if (!at || sscanf(at, "%lld", &ticks) != 1) {
		ticks = -1;
	}
	free(text);
	return ticks;
}

int64_t alive_start_ns(pid_t pid)
{
	const long per_second = sysconf(_SC_CLK_TCK);
	const long long ticks = pid > 0 ? ticks_of(pid) : -1;
	char *text = ticks >= 0 ? text_of("/proc/stat") : NULL;
	const char *at = text ? strstr(text, "\nbtime ") : NULL;
	long long boot = 0;

	if (at && sscanf(at, " btime %lld", &boot) != 1) {
		boot = 0;
	}
	free(text);
	if (!boot || per_second <= 0) {
		return 0;
	}
	return boot * NS_PER_S + ticks * (NS_PER_S / per_second);
}
