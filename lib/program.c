/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program.c - /proc/self/exe, or a line of /proc/self/maps
 */
#include "program.h"

#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>

#include "fmt.h"
#include "sys.h"

#define GIVEN_MOST 256u /* bytes of an environment string that are compared */

/* Is this the loader? ld-linux-x86-64.so.2, ld-2.31.so, ld.so. A linker, too, which does no harm.
 */
static bool is_loader(const char *path, uint32_t n)
{
	uint32_t name = n;

	while (name > 0 && path[name - 1] != '/') {
		name--;
	}
	return n - name > 3 && path[name] == 'l' && path[name + 1] == 'd' &&
	       (path[name + 2] == '-' || path[name + 2] == '.');
}

/* What is read of one line of /proc/self/maps: 'start-end flags offset device inode   path' */
struct line {
	uintptr_t start, end;
	unsigned blanks; /* runs of blanks so far */
	bool after_blank, after_dash;
	uint32_t n; /* of the path */
};

static void number(uintptr_t *value, char c)
{
	*value = *value * 16 + (uintptr_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void take(struct line *line, char c, char *to, uint32_t room)
{
	if (line->n > 0 || (line->blanks == 5 && c != ' ')) {
		if (line->n < room) {
			to[line->n++] = c;
		}
		return;
	}
	if (line->blanks == 0 && c != ' ') {
		line->after_dash |= c == '-';
		if (c != '-') {
			number(line->after_dash ? &line->end : &line->start, c);
		}
	}
	line->blanks += c == ' ' && !line->after_blank;
	line->after_blank = c == ' ';
}

static uint32_t path_at(int fd, uintptr_t address, char *to, uint32_t room)
{
	struct line line = {0};
	char buf[512];
	ssize_t n;

	while ((n = sys_read(fd, buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] != '\n') {
				take(&line, buf[i], to, room);
			} else if (address - line.start < line.end - line.start) {
				return line.n;
			} else {
				line = (struct line){0};
			}
		}
	}
	return 0;
}

uint32_t program_path_at(uintptr_t address, char *to, uint32_t room)
{
	int fd = sys_open("/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0) {
		return 0;
	}
	uint32_t length = path_at(fd, address, to, room);

	(void)sys_close(fd);
	return length;
}

uint32_t program_path(char *to, uint32_t room)
{
	ssize_t n = sys_readlink("/proc/self/exe", to, room);
	uint32_t length = n > 0 ? (uint32_t)n : 0, mapped = 0;

	if (!is_loader(to, length) || _r_debug.r_map == NULL) {
		return length;
	}
	mapped = program_path_at((uintptr_t)_r_debug.r_map->l_ld, to, room);
	if (mapped == 0) {
		n = sys_readlink("/proc/self/exe", to, room);
		mapped = n > 0 ? (uint32_t)n : 0;
	}
	return mapped;
}

static bool holds(const char *buf, size_t have, const char *word, size_t length)
{
	for (size_t i = 0; i + length <= have; i++) {
		if (memcmp(buf + i, word, length) == 0) {
			return true;
		}
	}
	return false;
}

/* Does the file @fd hold @word, of some hundred bytes at most? Read in pieces that overlap by its
 * length. */
static bool file_holds(int fd, const char *word, size_t length)
{
	char buf[768];
	size_t kept = 0;
	ssize_t n;

	while ((n = sys_read(fd, buf + kept, sizeof(buf) - kept)) > 0) {
		size_t have = kept + (size_t)n;

		if (holds(buf, have, word, length)) {
			return true;
		}
		kept = have < length ? have : length - 1;
		memmove(buf, buf + have - kept, kept);
	}
	return false;
}

static bool proc_holds(uint32_t pid, const char *file, const char *word, size_t length)
{
	char path[40];
	struct fmt f = fmt_on(path, sizeof(path));

	fmt_str(&f, "/proc/");
	fmt_dec(&f, pid);
	fmt_str(&f, file);
	int fd = sys_open(path, O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0) {
		return false;
	}
	bool found = file_holds(fd, word, length);

	(void)sys_close(fd);
	return found;
}

bool program_is_under_library(uint32_t pid)
{
	static const char name[] = "/libleaktrack.so";

	return proc_holds(pid, "/maps", name, sizeof(name) - 1);
}

bool program_was_given(uint32_t pid, const char *text)
{
	size_t length = strlen(text);

	return proc_holds(pid, "/environ", text, length < GIVEN_MOST ? length + 1 : GIVEN_MOST);
}
