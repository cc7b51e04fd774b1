/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing with linear probes, at most half full, power-of-two sizes. Slots keep half of
 * the hash, so that growing asks nobody and most comparisons are decided here. The mixing step is
 * the finalizer of splitmix64 (Steele, Lea, Flood 2014): cheap, and it spreads addresses that
 * differ only in their upper bits. A hostile file can make collisions, not more than a slow run:
 * it is bounded by the number of its own lines. */
#include "finder.h"

#include "mem.h"

#include <stdlib.h>
#include <string.h>

static uint32_t fold(uint64_t hash)
{
	return (uint32_t)(hash ^ hash >> 32);
}

uint32_t finder_next(const struct finder *finder, uint64_t hash, size_t *at)
{
	const uint32_t want = fold(hash);

	if (!finder->capacity) {
		return FINDER_NONE;
	}
	for (;;) {
		const struct finder_slot *slot =
			&finder->slots[(want + *at) & (finder->capacity - 1)];
		(*at)++;
		if (slot->number == FINDER_NONE) {
			return FINDER_NONE;
		}
		if (slot->hash == want) {
			return slot->number;
		}
	}
}

static void place(struct finder *finder, uint32_t hash, uint32_t number)
{
	size_t at = hash & (finder->capacity - 1);

	while (finder->slots[at].number != FINDER_NONE) {
		at = (at + 1) & (finder->capacity - 1);
	}
	finder->slots[at] = (struct finder_slot){hash, number};
	finder->used++;
}

static void grow(struct finder *finder)
{
	struct finder old = *finder;

	finder->capacity = old.capacity ? old.capacity * 2 : 64;
	finder->slots = mem_resize(NULL, finder->capacity, sizeof *finder->slots);
	memset(finder->slots, 0xff, finder->capacity * sizeof *finder->slots);
	finder->used = 0;
	for (size_t i = 0; i < old.capacity; i++) {
		if (old.slots[i].number != FINDER_NONE) {
			place(finder, old.slots[i].hash, old.slots[i].number);
		}
	}
	free(old.slots);
}

void finder_put(struct finder *finder, uint64_t hash, uint32_t number)
{
	if (finder->used * 2 >= finder->capacity) {
		grow(finder);
	}
	place(finder, fold(hash), number);
}

void finder_clear(struct finder *finder)
{
	free(finder->slots);
	*finder = (struct finder){0};
}

uint64_t finder_hash_number(uint64_t seed, uint64_t number)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15U + number + 0x9e3779b97f4a7c15U;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
	x = (x ^ x >> 27) * 0x94d049bb133111ebU;
	return x ^ x >> 31;
}

uint64_t finder_hash(uint64_t seed, const void *bytes, size_t count)
{
	const char *at = bytes;
	uint64_t hash = finder_hash_number(seed, count);

	while (count) {
		uint64_t word = 0;
		const size_t take = count < sizeof word ? count : sizeof word;
		memcpy(&word, at, take);
		hash = finder_hash_number(hash, word);
		at += take;
		count -= take;
	}
	return hash;
}

uint64_t finder_hash_string(uint64_t seed, const char *text)
{
	if (!text) {
		return finder_hash_number(seed, UINT64_MAX);
	}
	return finder_hash(seed, text, strlen(text));
}
