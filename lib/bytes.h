/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bytes.h - read little numbers one after another, never past the end
 *
 * A reader that has met its end is `bad` for ever and gives 0: who reads a record checks once, at
 * its end. All functions: any context.
 */
#ifndef LEAKTRACK_BYTES_H
#define LEAKTRACK_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *at, *end;
	bool bad;
};

static inline bool bytes_left(const struct bytes *b)
{
	return !b->bad && b->at < b->end;
}

/* @n bytes as a reader of their own, passed over in @b. */
static inline struct bytes bytes_take(struct bytes *b, uint64_t n)
{
	struct bytes part = {b->at, b->at, true};

	if (b->bad || n > (uint64_t)(b->end - b->at)) {
		b->bad = true;
		return part;
	}
	b->at += n;
	return (struct bytes){part.at, b->at, false};
}

/* An unsigned number of @n bytes, 1 to 8, lowest first. */
static inline uint64_t bytes_number(struct bytes *b, unsigned n)
{
	struct bytes part = bytes_take(b, n);
	uint64_t v = 0;

	if (!part.bad) {
		memcpy(&v, part.at, n);
	}
	return v;
}

static inline int64_t bytes_signed(struct bytes *b, unsigned n)
{
	unsigned unused = 64 - 8 * n;

	return (int64_t)(bytes_number(b, n) << unused) >> unused;
}

static inline uint64_t bytes_uleb(struct bytes *b)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = (uint8_t)bytes_number(b, 1);

		v |= (uint64_t)(byte & 127) << shift;
		if (!(byte & 128)) {
			return v;
		}
	}
	b->bad = true;
	return 0;
}

static inline int64_t bytes_sleb(struct bytes *b)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = (uint8_t)bytes_number(b, 1);

		v |= (uint64_t)(byte & 127) << shift;
		if (!(byte & 128)) {
			if ((byte & 64) && shift < 57) {
				v |= ~0ull << (shift + 7);
			}
			return (int64_t)v;
		}
	}
	b->bad = true;
	return 0;
}

#endif
