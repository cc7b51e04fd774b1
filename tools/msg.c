/* SPDX-License-Identifier: Apache-2.0 */
/* A message is put together in one buffer and written by one call, so that lines of several
 * processes do not mix. */
#include "msg.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#define CLEAR "\r\033[K"

static struct {
	const char *program;
	bool bar; /* there is one in the line */
} state = {"leaktrack-symbolize", false};

void msg_program(const char *name)
{
	state.program = name;
}

static void no_controls(char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) {
			text[i] = '?';
		}
	}
}

static void clear_bar(void)
{
	if (state.bar) {
		fputs(CLEAR, stderr);
		state.bar = false;
	}
}

void msg_bar(const char *format, ...)
{
	char line[256];
	va_list args;

	clear_bar();
	if (!format) {
		return;
	}
	va_start(args, format);
	const int length = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (length > 0) {
		no_controls(line, (size_t)length < sizeof line ? (size_t)length : sizeof line - 1);
		fprintf(stderr, "%s: %s", state.program, line);
		state.bar = true;
	}
}

static void say(const char *kind, const char *format, va_list args)
{
	char line[4096];
	const size_t room = sizeof line - 1;

	clear_bar();

	int used = snprintf(line, room, "%s: %s", state.program, kind);
	if (used > 0 && (size_t)used < room) {
		const int more = vsnprintf(line + used, room - (size_t)used, format, args);
		used = more < 0 ? used : used + more;
	}
	const size_t length = (size_t)used < room ? (size_t)used : room - 1;
	no_controls(line, length);
	line[length] = '\n';
	fwrite(line, 1, length + 1, stderr);
}

void msg_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("", format, args);
	va_end(args);
}

void msg_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("warning: ", format, args);
	va_end(args);
}

void msg_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("", format, args);
	va_end(args);
}
