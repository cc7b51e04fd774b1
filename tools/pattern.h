/* SPDX-License-Identifier: Apache-2.0 */
/* pattern - regular expressions of the command line, as they are written for pprof
 *
 * Go's syntax (RE2) where it differs from the extended ones of regex(7) that serve here: (?i) in
 * front, (?:...), \d and \D, \w, \s and \d in brackets, lazy repetition. Whether there is a match
 * is all that is asked, so a lazy one is as good as a greedy one. */
#ifndef LEAKTRACK_TOOLS_PATTERN_H
#define LEAKTRACK_TOOLS_PATTERN_H

#include "err.h"

#include <regex.h>
#include <stdbool.h>

/* pattern_compile - regfree() it.  -1 with @err, which names the @option: it is wrong. */
int pattern_compile(regex_t *regex, const char *option, const char *text, struct err *err);

bool pattern_matches(const regex_t *regex, const char *text); /* NULL does not match */

#endif
