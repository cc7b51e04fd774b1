/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fmt.c - numbers and strings to text; snprintf is neither signal-safe nor free of malloc
 */
#include "fmt.h"

struct fmt fmt_on(char *buf, size_t cap)
{
	buf[0] = '\0';
	return (struct fmt){.buf = buf, .cap = cap};
}

void fmt_bytes(struct fmt *f, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (f->len + 1 >= f->cap) {
			f->cut = true;
			break;
		}
		f->buf[f->len++] = s[i];
	}
	f->buf[f->len] = '\0';
}

void fmt_str(struct fmt *f, const char *s)
{
	size_t n = 0;

	while (s[n] != '\0') {
		n++;
	}
	fmt_bytes(f, s, n);
}

static void fmt_base(struct fmt *f, uint64_t value, unsigned base, unsigned min_digits)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0 || sizeof(digits) - at < min_digits);
	fmt_bytes(f, digits + at, sizeof(digits) - at);
}

void fmt_dec(struct fmt *f, uint64_t value)
{
	fmt_base(f, value, 10, 1);
}

void fmt_hex(struct fmt *f, uint64_t value, unsigned min_digits)
{
	fmt_base(f, value, 16, min_digits);
}
