/* SPDX-License-Identifier: Apache-2.0 */
/* finder - finds the number of an element in an array that somebody else owns
 *
 * The owner keeps elements 0, 1, 2, … in an array of its own and gives a hash for each. A finder
 * remembers (hash, number); the owner compares, because only it knows what an element is.
 *
 *     every number that went in by finder_put() is met by finder_next() under its hash, in an
 *     order that does not change while nothing is put in
 *
 * It holds no elements, forgets none, and compares nothing but hashes. Zeroed memory is an empty
 * finder. */
#ifndef LEAKTRACK_TOOLS_FINDER_H
#define LEAKTRACK_TOOLS_FINDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FINDER_NONE UINT32_MAX

struct finder_slot {
	uint32_t hash, number;
};

struct finder {
	struct finder_slot *slots;
	size_t capacity, used;
};

/* finder_next - numbers that may be the element sought, one a call
 * @at  0 before the first call, then left alone
 * Returns FINDER_NONE when there are no more. */
uint32_t finder_next(const struct finder *finder, uint64_t hash, size_t *at);

void finder_put(struct finder *finder, uint64_t hash, uint32_t number);
void finder_clear(struct finder *finder);

/* finder_hash - of bytes; @seed is the hash so far, to chain several pieces */
uint64_t finder_hash(uint64_t seed, const void *bytes, size_t count);
uint64_t finder_hash_string(uint64_t seed, const char *text); /* NULL and "" differ */
uint64_t finder_hash_number(uint64_t seed, uint64_t number);

#endif
