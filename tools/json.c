/* SPDX-License-Identifier: Apache-2.0 */
/* A byte sequence is UTF-8 when it is one of the rows of table 3-7 of the Unicode standard: no
 * overlong forms, no surrogates, nothing past U+10FFFF. */
#include "json.h"

#include <stddef.h>

/* Length of the sequence at @at, or 0. The text ends in 0, so reading on stops there. */
static size_t sequence(const unsigned char *at)
{
	size_t length = 0;
	unsigned low = 0x80;
	unsigned high = 0xbf;

	if (at[0] < 0x80) {
		return 1;
	}
	if (at[0] >= 0xc2 && at[0] <= 0xdf) {
		length = 2;
	} else if (at[0] >= 0xe0 && at[0] <= 0xef) {
		length = 3;
		low = at[0] == 0xe0 ? 0xa0 : low;
		high = at[0] == 0xed ? 0x9f : high;
	} else if (at[0] >= 0xf0 && at[0] <= 0xf4) {
		length = 4;
		low = at[0] == 0xf0 ? 0x90 : low;
		high = at[0] == 0xf4 ? 0x8f : high;
	}
	for (size_t i = 1; i < length; i++) {
		if (at[i] < (i == 1 ? low : 0x80) || at[i] > (i == 1 ? high : 0xbf)) {
			return 0;
		}
	}
	return length;
}

void json_string(FILE *out, const char *text)
{
	if (!text) {
		fputs("null", out);
		return;
	}
	fputc('"', out);
	for (const unsigned char *at = (const unsigned char *)text; *at;) {
		const size_t length = sequence(at);
		if (!length) {
			fputs("\\ufffd", out);
		} else if (*at == '"' || *at == '\\') {
			fprintf(out, "\\%c", *at);
		} else if (*at < ' ' || *at == '<') { /* '<': it may land in a script of HTML */
			fprintf(out, "\\u%04x", *at);
		} else {
			fwrite(at, 1, length, out);
		}
		at += length ? length : 1;
	}
	fputc('"', out);
}
