/* SPDX-License-Identifier: Apache-2.0 */
/* The text is rewritten, then glibc compiles it: \w, \s, \b and their kin outside of brackets it
 * knows itself. In brackets a backslash is a plain character to it. */
#include "pattern.h"

#include "mem.h"

#include <stdlib.h>
#include <string.h>

struct rewriter {
	const char *from; /* what is still to be read */
	char *to;	  /* with room for all that can come: ROOM for each character */
	bool bracket;	  /* inside of [...] */
};

#define ROOM 10 /* '[:alnum:]_' stands for '\w' */

static void put(struct rewriter *r, const char *text)
{
	const size_t length = strlen(text);

	memcpy(r->to, text, length);
	r->to += length;
}

static void put_escaped(struct rewriter *r)
{
	static const struct {
		char letter;
		const char *inside, *outside; /* of brackets; NULL: as it is */
	} classes[] = {
		{'d', "0-9", "[0-9]"},
		{'D', NULL, "[^0-9]"},
		{'w', "[:alnum:]_", NULL},
		{'s', "[:space:]", NULL},
	};
	const char letter = r->from[1];

	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
		const char *text = r->bracket ? classes[i].inside : classes[i].outside;
		if (letter == classes[i].letter && text) {
			put(r, text);
			r->from += 2;
			return;
		}
	}
	if (!r->bracket || !letter) {
		*r->to++ = '\\';
	}
	if (letter) {
		*r->to++ = letter;
	}
	r->from += letter ? 2 : 1;
}

static void open_bracket(struct rewriter *r)
{
	*r->to++ = *r->from++;
	if (*r->from == '^') {
		*r->to++ = *r->from++;
	}
	if (*r->from == ']') { /* a plain character where it is the first */
		*r->to++ = *r->from++;
	}
	r->bracket = true;
}

static void step(struct rewriter *r)
{
	static const char repetitions[] = "*+?}";

	if (*r->from == '\\') {
		put_escaped(r);
	} else if (r->bracket && !strncmp(r->from, "[:", 2) && strstr(r->from, ":]")) {
		const size_t length = (size_t)(strstr(r->from, ":]") - r->from) + 2;
		memcpy(r->to, r->from, length);
		r->to += length;
		r->from += length;
	} else if (r->bracket) {
		r->bracket = *r->from != ']';
		*r->to++ = *r->from++;
	} else if (*r->from == '[') {
		open_bracket(r);
	} else if (!strncmp(r->from, "(?:", 3)) {
		*r->to++ = '(';
		r->from += 3;
	} else if (strchr(repetitions, *r->from) && r->from[1] == '?') {
		*r->to++ = *r->from;
		r->from += 2;
	} else {
		*r->to++ = *r->from++;
	}
}

int pattern_compile(regex_t *regex, const char *option, const char *text, struct err *err)
{
	const bool any_case = !strncmp(text, "(?i)", 4);
	char *plain = mem_alloc(strlen(text) * ROOM + 1);
	struct rewriter r = {.from = any_case ? text + 4 : text, .to = plain};
	char why[128];

	while (*r.from) {
		step(&r);
	}
	*r.to = 0;
	const int code =
		regcomp(regex, plain, REG_EXTENDED | REG_NOSUB | (any_case ? REG_ICASE : 0));
	free(plain);
	if (!code) {
		return 0;
	}
	regerror(code, regex, why, sizeof why);
	return err_set(err, "--%s %s: %s", option, text, why);
}

bool pattern_matches(const regex_t *regex, const char *text)
{
	return text && !regexec(regex, text, 0, NULL, 0);
}
