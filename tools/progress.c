/* SPDX-License-Identifier: Apache-2.0 */
/* When to draw the bar, and how it looks. */
#include "progress.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "msg.h"

#define WAIT_NS	 500000000 /* what is quicker shows no bar */
#define PAUSE_NS 100000000
#define CELLS	 20
#define COLUMNS	 78 /* fits everywhere; what is longer would wrap, and could not be taken back */

static struct {
	bool runs, terminal;
	const char *doing;
	char what[256];
	size_t total, done;
	int64_t next_ns;
} state;

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static bool is_terminal(void)
{
	const char *kind = getenv("TERM");

	return isatty(STDERR_FILENO) && kind && *kind && strcmp(kind, "dumb") != 0;
}

void progress_start(const char *doing, size_t total)
{
	progress_end();
	state.terminal = is_terminal();
	state.runs = true;
	state.doing = doing;
	state.what[0] = 0;
	state.total = total ? total : 1;
	state.done = 0;
	state.next_ns = now_ns() + WAIT_NS;
}

void progress_on(const char *what)
{
	if (state.runs) {
		snprintf(state.what, sizeof(state.what), "%s", what ? what : "");
	}
}

static void draw(void)
{
	const size_t done = state.done < state.total ? state.done : state.total;
	const size_t full = (size_t)((double)done / (double)state.total * CELLS);
	const size_t length = strlen(state.what);
	char cells[CELLS + 1];
	int room;

	memset(cells, ' ', CELLS);
	memset(cells, '=', full);
	if (full < CELLS) {
		cells[full] = '>';
	}
	cells[CELLS] = 0;
	/* The end of a path tells most. */
	room = COLUMNS - CELLS - 39; /* without what stands before it */
	msg_bar("%-8s [%s] %3d%%  %.*s", state.doing, cells,
		(int)((double)done / (double)state.total * 100), room,
		state.what + (length > (size_t)room ? length - (size_t)room : 0));
}

void progress_at(size_t done)
{
	int64_t now;

	state.done = done;
	if (!state.runs || !state.terminal) {
		return;
	}
	now = now_ns();
	if (now >= state.next_ns) {
		state.next_ns = now + PAUSE_NS;
		draw();
	}
}

void progress_more(size_t done)
{
	progress_at(state.done + done);
}

void progress_end(void)
{
	if (state.runs && state.terminal) {
		msg_bar(NULL);
	}
	state.runs = false;
}
