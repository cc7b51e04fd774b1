/* SPDX-License-Identifier: Apache-2.0 */
/*
 * say.c - one line to the user, on stderr
 *
 * The identity of descriptor 2 (device and inode) is taken at start and compared before each line.
 */
#include "say.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "atomics.h"
#include "fmt.h"
#include "sys.h"

static struct {
	bool known;
	dev_t dev;
	ino_t ino;
	uint32_t last; /* hash of the last line, relaxed: a line said twice is no harm */
} self;

void say_start(void)
{
	struct stat st;

	if (sys_fstat(2, &st) == 0) {
		self.dev = st.st_dev;
		self.ino = st.st_ino;
		self.known = true;
	}
}

static bool still_stderr(void)
{
	struct stat st;

	return self.known && sys_fstat(2, &st) == 0 && st.st_dev == self.dev &&
	       st.st_ino == self.ino;
}

/* A pipe that nobody reads any more would end the host by SIGPIPE, a full one or a stopped terminal
 * would hold it up. */
static bool takes_a_line(void)
{
	struct pollfd out = {.fd = 2, .events = POLLOUT};
	struct timespec now = {0}; /* the kernel writes what is left of it */

	return sys_poll(&out, 1, &now) == 1 && out.revents == POLLOUT;
}

static uint32_t hash_of(const struct fmt *f)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < f->len; i++) {
		h = (h ^ (uint8_t)f->buf[i]) * 16777619u;
	}
	return h;
}

void say(const char *what, const char *where, const char *how)
{
	char line[512];
	struct fmt f = fmt_on(line, sizeof(line) - 1);

	fmt_str(&f, "leaktrack: ");
	fmt_str(&f, what);
	if (where != NULL) {
		fmt_str(&f, ": ");
		fmt_str(&f, where);
	}
	if (how != NULL) {
		fmt_str(&f, ": ");
		fmt_str(&f, how);
	}
	for (size_t i = 0; i < f.len; i++) {
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f) {
			line[i] = '?'; /* one line, whatever the variable held */
		}
	}
	line[f.len++] = '\n';

	uint32_t hash = hash_of(&f);

	if (!still_stderr() || !takes_a_line() || atomic_load_relaxed(&self.last) == hash) {
		return;
	}
	atomic_store_relaxed(&self.last, hash);
	(void)sys_write(2, line, f.len);
}
