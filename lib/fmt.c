/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fmt.c - numbers and strings to text; snprintf is neither signal-safe nor free of malloc
 */
#include "fmt.h"

#include <string.h>

struct fmt fmt_on(char *buf, size_t cap)
{
	buf[0] = '\0';
	return (struct fmt){.buf = buf, .cap = cap};
}

/* The longest number: 20 digits, or as many as are asked for. */
#define DIGITS 20

void fmt_bytes(struct fmt *f, const char *s, size_t n)
{
	size_t left = f->cap - 1 - f->len;

	if (n > left) {
		n = left;
		f->cut = true;
	}
	memcpy(f->buf + f->len, s, n);
	f->len += n;
	f->buf[f->len] = '\0';
}

void fmt_str(struct fmt *f, const char *s)
{
	fmt_bytes(f, s, strlen(s));
}

void fmt_dec(struct fmt *f, uint64_t value)
{
	char digits[DIGITS];
	size_t at = DIGITS;

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	fmt_bytes(f, digits + at, DIGITS - at);
}

void fmt_hex(struct fmt *f, uint64_t value, unsigned min_digits)
{
	char digits[DIGITS];
	size_t at = DIGITS;

	do {
		digits[--at] = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value != 0 || DIGITS - at < min_digits);
	fmt_bytes(f, digits + at, DIGITS - at);
}
