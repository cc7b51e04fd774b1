/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fmt.h - numbers and strings to text, in a buffer that never overflows
 *
 * What does not fit is dropped, and `cut` tells. The text is always ended by 0.
 * All functions: Context: hot (pure computation).
 */
#ifndef LEAKTRACK_FMT_H
#define LEAKTRACK_FMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fmt {
	char *buf;
	size_t cap, len;
	bool cut;
};

/* fmt_on - start with an empty text in @buf; @cap >= 1 counts the ending 0. */
struct fmt fmt_on(char *buf, size_t cap);
void fmt_bytes(struct fmt *f, const char *s, size_t n);
void fmt_str(struct fmt *f, const char *s);
void fmt_dec(struct fmt *f, uint64_t value);
void fmt_hex(struct fmt *f, uint64_t value, unsigned min_digits);

#endif
