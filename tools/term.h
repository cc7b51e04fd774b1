/* SPDX-License-Identifier: Apache-2.0 */
/* term - what the terminal that we write to can show
 *
 * A pipe or file gets whole names and no colour, always. On a terminal lines are fitted into its
 * width by shortening names in their middle, and what matters is bold, unless NO_COLOR is set
 * (no-color.org) or TERM is 'dumb'. */
#ifndef LEAKTRACK_TOOLS_TERM_H
#define LEAKTRACK_TOOLS_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct term {
	size_t width; /* columns; 0: no limit */
	bool color;
};

enum term_style { TERM_STRONG, TERM_CODE, TERM_FAINT, TERM_WORSE, TERM_BETTER };

struct term term_of(FILE *out);

/* term_begin, term_end - around text in a style; print nothing without colour */
void term_begin(const struct term *term, FILE *out, enum term_style style);
void term_end(const struct term *term, FILE *out);

/* term_fit - @text in at most @width columns, '...' in its middle where it is longer; 0: no limit.
 * @room has @size bytes, and the result is in it or is @text. UTF-8 is not torn. */
const char *term_fit(const char *text, size_t width, char *room, size_t size);

/* term_fit_end - the same with '...' at its start: of 'folder/file.c:12' the end tells most */
const char *term_fit_end(const char *text, size_t width, char *room, size_t size);

/* term_columns - of a text: code points, which is right for all but the widest scripts */
size_t term_columns(const char *text);

#endif
