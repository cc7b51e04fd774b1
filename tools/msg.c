/* SPDX-License-Identifier: Apache-2.0 */
/* A message is put together in one buffer and written by one call, so that lines of several
 * processes do not mix. */
#include "msg.h"

#include <stdarg.h>
#include <stdio.h>

static struct {
	const char *program;
} state = {"leaktrack-symbolize"};

void msg_program(const char *name)
{
	state.program = name;
}

static void say(const char *kind, const char *format, va_list args)
{
	char line[4096];
	const size_t room = sizeof line - 1;

	int used = snprintf(line, room, "%s: %s", state.program, kind);
	if (used > 0 && (size_t)used < room) {
		const int more = vsnprintf(line + used, room - (size_t)used, format, args);
		used = more < 0 ? used : used + more;
	}
	const size_t length = (size_t)used < room ? (size_t)used : room - 1;
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f) {
			line[i] = '?';
		}
	}
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
