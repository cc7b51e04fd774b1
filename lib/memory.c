/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.c - memcpy and its kin, our own
 *
 * libc's are faster on large blocks, which we do not have, and cost each process a look-up over all
 * its libraries and a resolver that picks one for this processor: nine of them were a fifth of what
 * /bin/true paid for us. And a program or a sanitizer may have put its own in front of libc's, not
 * made to be called from inside malloc or a signal handler. The names are hidden, so the host's
 * code never meets these. (gcc calls memcpy and memset for structures, too.)
 *
 * STEP keeps the compiler from seeing through the loops, and making of each a call of itself.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arch.h"

#define STEP(x) __asm__("" : "+r"(x))
#define LONG	256u /* from here on the processor's own loop is worth its start */

static uint64_t word_at(const void *p)
{
	uint64_t word;

	__builtin_memcpy(&word, p, sizeof(word));
	return word;
}

static void put_word(void *p, uint64_t word)
{
	__builtin_memcpy(p, &word, sizeof(word));
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	char *t = to;
	const char *f = from;

	if (n >= LONG) {
		arch_copy(to, from, n);
		return to;
	}
	for (; n >= 8; n -= 8, t += 8, f += 8) {
		STEP(f);
		put_word(t, word_at(f));
	}
	for (; n > 0; n--) {
		STEP(f);
		*t++ = *f++;
	}
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	char *t = to;
	const char *f = from;

	if ((uintptr_t)to - (uintptr_t)from >= n) {
		return memcpy(to, from, n); /* upwards: what it overwrites it has read */
	}
	while (n-- > 0) {
		STEP(f);
		t[n] = f[n];
	}
	return to;
}

void *memset(void *to, int byte, size_t n)
{
	char *t = to;
	uint64_t word = (uint8_t)byte * 0x0101010101010101u;

	if (n >= LONG) {
		arch_fill(to, byte, n);
		return to;
	}
	for (; n >= 8; n -= 8, t += 8) {
		STEP(t);
		put_word(t, word);
	}
	for (; n > 0; n--) {
		STEP(t);
		*t++ = (char)byte;
	}
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n >= 8 && word_at(x) == word_at(y); n -= 8) {
		x += 8;
		y += 8;
	}
	for (; n > 0; n--, x++, y++) {
		if (*x != *y) {
			return *x - *y;
		}
	}
	return 0;
}

void *memchr(const void *in, int byte, size_t n)
{
	const unsigned char *x = in;

	for (; n > 0; n--, x++) {
		if (*x == (unsigned char)byte) {
			return (void *)x;
		}
	}
	return NULL;
}

size_t strlen(const char *s)
{
	const char *end = s;

	while (*end != '\0') {
		end++;
		STEP(end);
	}
	return (size_t)(end - s);
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++) {
		if (*a != *b || *a == '\0') {
			return (unsigned char)*a - (unsigned char)*b;
		}
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	while (*a == *b && *a != '\0') {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	for (;; s++) {
		if (*s == (char)c) {
			last = s;
		}
		if (*s == '\0') {
			return (char *)last;
		}
	}
}
