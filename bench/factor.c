/* SPDX-License-Identifier: Apache-2.0 */
/*
 * factor NUMBER - the prime factors of a number, with a heap block for every intermediate result
 *
 * Made to allocate: Pollard's rho method on natural numbers of any length, each operation of which
 * gives a new block and each operand of which is given back. Like cfrac, the classic program of
 * allocation benchmarks. Digits are 32 bits, lowest first, no zero on top.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct number {
	unsigned n;
	uint32_t digits[];
};

static struct number *number(unsigned n)
{
	struct number *x = calloc(1, sizeof(*x) + n * sizeof(x->digits[0]));

	if (!x) {
		abort();
	}
	x->n = n;
	return x;
}

static struct number *trimmed(struct number *x)
{
	while (x->n > 0 && x->digits[x->n - 1] == 0) {
		x->n--;
	}
	return x;
}

static struct number *small(uint32_t value)
{
	struct number *x = number(1);

	x->digits[0] = value;
	return trimmed(x);
}

static struct number *copy(const struct number *x)
{
	struct number *y = number(x->n);

	memcpy(y->digits, x->digits, x->n * sizeof(x->digits[0]));
	return y;
}

static int compare(const struct number *a, const struct number *b)
{
	if (a->n != b->n) {
		return a->n < b->n ? -1 : 1;
	}
	for (unsigned i = a->n; i-- > 0;) {
		if (a->digits[i] != b->digits[i]) {
			return a->digits[i] < b->digits[i] ? -1 : 1;
		}
	}
	return 0;
}

/* a * b + c */
static struct number *product(const struct number *a, const struct number *b, uint32_t c)
{
	struct number *x = number(a->n + b->n + 1);

	x->digits[0] = c;
	for (unsigned i = 0; i < a->n; i++) {
		uint64_t carry = 0;

		for (unsigned j = 0; j < b->n; j++) {
			carry += x->digits[i + j] + (uint64_t)a->digits[i] * b->digits[j];
			x->digits[i + j] = (uint32_t)carry;
			carry >>= 32;
		}
		x->digits[i + b->n] = (uint32_t)carry;
	}
	return trimmed(x);
}

/* |a - b| */
static struct number *difference(const struct number *a, const struct number *b)
{
	if (compare(a, b) < 0) {
		const struct number *swap = a;

		a = b;
		b = swap;
	}
	struct number *x = number(a->n);
	int64_t borrow = 0;

	for (unsigned i = 0; i < a->n; i++) {
		borrow += (int64_t)a->digits[i] - (i < b->n ? b->digits[i] : 0);
		x->digits[i] = (uint32_t)borrow;
		borrow >>= 32;
	}
	return trimmed(x);
}

static struct number *shifted(const struct number *a, unsigned bits)
{
	struct number *x = number(a->n + bits / 32 + 1);

	for (unsigned i = 0; i < a->n; i++) {
		uint64_t wide = (uint64_t)a->digits[i] << bits % 32;

		x->digits[i + bits / 32] |= (uint32_t)wide;
		x->digits[i + bits / 32 + 1] = (uint32_t)(wide >> 32);
	}
	return trimmed(x);
}

static unsigned bits_of(const struct number *a)
{
	return a->n == 0 ? 0 : a->n * 32 - (unsigned)__builtin_clz(a->digits[a->n - 1]);
}

/* a modulo m, by shifting and subtracting; @quotient may be NULL. a is given back. */
static struct number *rest(struct number *a, const struct number *m, struct number **quotient)
{
	struct number *q = number(a->n + 1);

	for (int shift = (int)bits_of(a) - (int)bits_of(m); shift >= 0; shift--) {
		struct number *part = shifted(m, (unsigned)shift);

		if (compare(a, part) >= 0) {
			struct number *less = difference(a, part);

			free(a);
			a = less;
			q->digits[shift / 32] |= 1u << shift % 32;
		}
		free(part);
	}
	if (quotient) {
		*quotient = trimmed(q);
	} else {
		free(q);
	}
	return a;
}

static struct number *common(struct number *a, struct number *b)
{
	while (b->n > 0) {
		struct number *next = rest(a, b, NULL);

		a = b;
		b = next;
	}
	free(b);
	return a;
}

static bool is_one(const struct number *x)
{
	return x->n == 1 && x->digits[0] == 1;
}

/* x*x + c modulo m; x is given back */
static struct number *step(struct number *x, uint32_t c, const struct number *m)
{
	struct number *next = rest(product(x, x, c), m, NULL);

	free(x);
	return next;
}

/* A factor of @m, which is m itself where m is a prime, or the search had no luck. */
static struct number *factor_of(const struct number *m, uint32_t c)
{
	struct number *slow = small(2), *fast = small(2), *found = small(1);

	while (is_one(found)) {
		slow = step(slow, c, m);
		fast = step(step(fast, c, m), c, m);
		free(found);
		found = common(difference(slow, fast), copy(m));
	}
	free(slow);
	free(fast);
	return found;
}

static struct number *parsed(const char *text)
{
	struct number *x = small(0), *ten = small(10);

	for (; *text >= '0' && *text <= '9'; text++) {
		struct number *next = product(x, ten, (uint32_t)(*text - '0'));

		free(x);
		x = next;
	}
	free(ten);
	return x;
}

static void print(struct number *x)
{
	struct number *billion = small(1000000000), *quotient;
	char text[2000] = "", part[2000];

	while (x->n > 0) {
		struct number *low = rest(copy(x), billion, &quotient);

		snprintf(part, sizeof(part), quotient->n > 0 ? "%09u%.1900s" : "%u%.1900s",
			 low->n > 0 ? low->digits[0] : 0, text);
		strcpy(text, part);
		free(low);
		free(x);
		x = quotient;
	}
	free(x);
	free(billion);
	puts(text);
}

int main(int argc, char **argv)
{
	struct number *m = parsed(argc > 1 ? argv[1] : "2147117569"), *quotient;

	for (uint32_t c = 1; c < 4 && !is_one(m) && m->n > 0;) {
		struct number *found = factor_of(m, c);

		if (compare(found, m) == 0) {
			c++; /* a prime, most likely */
			free(found);
			continue;
		}
		free(rest(copy(m), found, &quotient));
		print(found);
		free(m);
		m = quotient;
	}
	print(m);
	return 0;
}
