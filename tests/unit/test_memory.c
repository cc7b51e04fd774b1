/* SPDX-License-Identifier: Apache-2.0 */
/* objects: */
/*
 * Proves: our memcpy and its kin do what libc's do, at every length around the limits, at every
 * alignment, and where source and target overlap. Fails when: a loop ends a byte early or late, a
 * comparison takes bytes as signed, or memmove runs the wrong way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define memcpy	own_memcpy
#define memmove own_memmove
#define memset	own_memset
#define memcmp	own_memcmp
#define memchr	own_memchr
#define strlen	own_strlen
#define strncmp own_strncmp
#define strcmp	own_strcmp
#define strrchr own_strrchr
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#include "memory.c" /* NOLINT(bugprone-suspicious-include): under other names */
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strncmp
#undef strcmp
#undef strrchr

#define ROOM 700u

static const size_t lengths[] = {0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 255, 256, 257, 512};

#define EACH_LENGTH(n)                                                                             \
	for (size_t l = 0, n = 0; l < sizeof(lengths) / sizeof(lengths[0]) && (n = lengths[l], 1); \
	     l++)

static void fill(uint8_t *to, unsigned step)
{
	for (unsigned i = 0; i < ROOM; i++) {
		to[i] = (uint8_t)(i * step + i / 256);
	}
}

static void copies(void **unused)
{
	uint8_t wanted[ROOM], got[ROOM], from[ROOM];

	(void)unused;
	fill(from, 7);
	EACH_LENGTH(n)
	{
		for (unsigned at = 0; at < 9; at++) {
			fill(wanted, 3);
			fill(got, 3);
			memcpy(wanted + at, from + 5, n);
			assert_ptr_equal(own_memcpy(got + at, from + 5, n), got + at);
			assert_memory_equal(got, wanted, ROOM);
			memset(wanted + at, 0xa5, n);
			assert_ptr_equal(own_memset(got + at, 0xa5, n), got + at);
			assert_memory_equal(got, wanted, ROOM);
		}
	}
}

static void overlaps(void **unused)
{
	uint8_t wanted[ROOM], got[ROOM];

	(void)unused;
	EACH_LENGTH(n)
	{
		for (unsigned from = 0; from < 40; from++) {
			fill(wanted, 3);
			fill(got, 3);
			memmove(wanted + 20, wanted + from, n);
			assert_ptr_equal(own_memmove(got + 20, got + from, n), got + 20);
			assert_memory_equal(got, wanted, ROOM);
		}
	}
}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void comparisons(void **unused)
{
	static const char *const texts[] = {"",	   "a",	   "b",	    "ab",
					    "abc", "\xff", "a\xff", "abcdefghi"};
	enum { N = sizeof(texts) / sizeof(texts[0]) };
	uint8_t a[ROOM], b[ROOM];

	(void)unused;
	EACH_LENGTH(n)
	{
		fill(a, 5);
		fill(b, 5);
		assert_int_equal(own_memcmp(a, b, n), 0);
		for (size_t at = 0; at < n; at++) {
			b[at] ^= 0x80;
			assert_int_equal(sign(own_memcmp(a, b, n)), sign(memcmp(a, b, n)));
			b[at] ^= 0x80;
		}
		assert_ptr_equal(own_memchr(a, 0xfb, n), memchr(a, 0xfb, n));
	}
	for (unsigned i = 0; i < N; i++) {
		assert_int_equal(own_strlen(texts[i]), strlen(texts[i]));
		assert_ptr_equal(own_strrchr(texts[i], 'a'), strrchr(texts[i], 'a'));
		assert_ptr_equal(own_strrchr(texts[i], 0), strrchr(texts[i], 0));
		for (unsigned j = 0; j < N; j++) {
			assert_int_equal(sign(own_strcmp(texts[i], texts[j])),
					 sign(strcmp(texts[i], texts[j])));
			assert_int_equal(sign(own_strncmp(texts[i], texts[j], 2)),
					 sign(strncmp(texts[i], texts[j], 2)));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies),
		cmocka_unit_test(overlaps),
		cmocka_unit_test(comparisons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
