/* SPDX-License-Identifier: Apache-2.0 */
/* Colours are the sixteen that every terminal has, so that the user's own palette decides how they
 * look on dark and light grounds. */
#include "term.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NARROWEST 60 /* below that a table is unreadable anyway */

struct term term_of(FILE *out)
{
	const int file = fileno(out);
	const char *no_color = getenv("NO_COLOR");
	const char *type = getenv("TERM");
	const char *columns = getenv("COLUMNS");
	struct winsize size = {0};
	struct term term = {0};

	if (file < 0 || !isatty(file)) {
		return term;
	}
	term.color = !(no_color && *no_color) && type && strcmp(type, "dumb") != 0;
	if (columns && atoi(columns) > 0) {
		term.width = (size_t)atoi(columns);
	} else if (!ioctl(file, TIOCGWINSZ, &size)) {
		term.width = size.ws_col;
	}
	if (term.width && term.width < NARROWEST) {
		term.width = NARROWEST;
	}
	return term;
}

void term_begin(const struct term *term, FILE *out, enum term_style style)
{
	static const char *const codes[] = {
		[TERM_STRONG] = "1", [TERM_CODE] = "36",   [TERM_FAINT] = "2",
		[TERM_WORSE] = "31", [TERM_BETTER] = "32",
	};

	if (term->color) {
		fprintf(out, "\033[%sm", codes[style]);
	}
}

void term_end(const struct term *term, FILE *out)
{
	if (term->color) {
		fputs("\033[0m", out);
	}
}

static bool is_inside(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

size_t term_columns(const char *text)
{
	size_t columns = 0;

	for (; *text; text++) {
		columns += !is_inside(*text);
	}
	return columns;
}

/* Bytes of the first @columns code points. */
static size_t bytes_of(const char *text, size_t columns)
{
	size_t at = 0;

	while (text[at]) {
		if (!is_inside(text[at]) && !columns--) {
			break;
		}
		at++;
	}
	return at;
}

static const char *fit(const char *text, size_t width, size_t head, char *room, size_t size)
{
	const size_t columns = term_columns(text);

	if (!width || columns <= width || width < 5) {
		return text;
	}
	const size_t head_bytes = bytes_of(text, head);
	const size_t tail_at = bytes_of(text, columns - (width - 3 - head));
	if (head_bytes + 3 + strlen(text + tail_at) >= size) {
		return text;
	}
	snprintf(room, size, "%.*s...%s", (int)head_bytes, text, text + tail_at);
	return room;
}

const char *term_fit(const char *text, size_t width, char *room, size_t size)
{
	return fit(text, width, width > 3 ? (width - 3) / 2 : 0, room, size);
}

const char *term_fit_end(const char *text, size_t width, char *room, size_t size)
{
	return fit(text, width, 0, room, size);
}
