/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a perf map: all lines sorted by start, and of those that start together by age. .reach is
 * the highest end up to a line: it tells a search when to stop looking back. */
#include "name_jit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alive.h"
#include "mem.h"

#define SLACK_NS INT64_C(3000000000) /* /proc tells when processes began to a second or two */

struct code {
	uint64_t start, end, reach;
	size_t line;
	const char *name;
};

struct name_jit {
	struct code *list;
	size_t count, room;
	struct mem_pool *names;
};

static int compare_codes(const void *a, const void *b)
{
	const struct code *left = a, *right = b;

	if (left->start != right->start) {
		return left->start < right->start ? -1 : 1;
	}
	return left->line < right->line ? -1 : left->line > right->line;
}

static void add_line(struct name_jit *jit, const char *line, size_t number)
{
	char *end;
	uint64_t start, size;

	errno = 0;
	start = strtoull(line, &end, 16);
	if (end == line || *end != ' ') {
		return;
	}
	line = end + 1;
	size = strtoull(line, &end, 16);
	if (end == line || *end != ' ' || errno || !size || size > UINT64_MAX - start) {
		return;
	}
	end++;
	jit->list = mem_grow(jit->list, &jit->room, jit->count + 1, sizeof(*jit->list));
	jit->list[jit->count++] = (struct code){
		.start = start,
		.end = start + size,
		.line = number,
		.name = mem_pool_string(jit->names, end, strcspn(end, "\n")),
	};
}

static void sort(struct name_jit *jit)
{
	uint64_t reach = 0;
	size_t i;

	if (jit->count) {
		qsort(jit->list, jit->count, sizeof(*jit->list), compare_codes);
	}
	for (i = 0; i < jit->count; i++) {
		reach = jit->list[i].end > reach ? jit->list[i].end : reach;
		jit->list[i].reach = reach;
	}
}

static int64_t ns_of(int64_t seconds, uint32_t nanoseconds)
{
	return seconds * INT64_C(1000000000) + nanoseconds;
}

/* is_of - was the map written by the process that is meant? */
static bool is_of(int fd, const struct name_jit_owner *owner)
{
	const int64_t now_start = alive_start_ns(owner->pid);
	int64_t written, made;
	struct statx status;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MTIME | STATX_BTIME, &status)) {
		return false;
	}
	written = ns_of(status.stx_mtime.tv_sec, status.stx_mtime.tv_nsec);
	made = status.stx_mask & STATX_BTIME
		       ? ns_of(status.stx_btime.tv_sec, status.stx_btime.tv_nsec)
		       : 0;
	if (owner->start_ns && written < owner->start_ns - SLACK_NS) {
		return false;
	}
	if (owner->start_ns && now_start > owner->start_ns + SLACK_NS &&
	    written >= now_start - SLACK_NS) {
		return false;
	}
	return now_start || !owner->dump_ns || made <= owner->dump_ns + SLACK_NS;
}

static FILE *open_trusted(const char *path, const struct name_jit_owner *owner)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0) {
		return NULL;
	}
	if (fstat(fd, &status) || !S_ISREG(status.st_mode) ||
	    (status.st_uid != geteuid() && status.st_uid != 0) || !is_of(fd, owner)) {
		close(fd);
		return NULL;
	}
	return fdopen(fd, "r");
}

struct name_jit *name_jit_open(const char *path, const struct name_jit_owner *owner)
{
	FILE *in = open_trusted(path, owner);
	struct name_jit *jit;
	char *line = NULL;
	size_t room = 0, number = 0;

	if (!in) {
		return NULL;
	}
	jit = mem_zero(1, sizeof(*jit));
	jit->names = mem_pool_new();
	while (getline(&line, &room, in) > 0) {
		add_line(jit, line, number++);
	}
	free(line);
	fclose(in);
	sort(jit);
	return jit;
}

void name_jit_free(struct name_jit *jit)
{
	if (jit) {
		mem_pool_free(jit->names);
		free(jit->list);
		free(jit);
	}
}

const char *name_jit_at(const struct name_jit *jit, uint64_t address)
{
	const struct code *found = NULL;
	size_t low = 0, high = jit->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (jit->list[middle].start <= address) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	while (low-- > 0 && jit->list[low].reach > address) {
		const struct code *code = &jit->list[low];

		if (address < code->end && (!found || code->line > found->line)) {
			found = code;
		}
	}
	return found ? found->name : NULL;
}
