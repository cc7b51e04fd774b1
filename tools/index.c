/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing with linear probes, at most half full, power-of-two sizes. Slots keep half of
 * the hash, so that growing asks nobody and most comparisons are decided here. The mixing step is
 * the finalizer of splitmix64 (Steele, Lea, Flood 2014): cheap, and it spreads addresses that
 * differ only in their upper bits. A hostile file can make collisions, not more than a slow run:
 * it is bounded by the number of its own lines. */
#include "index.h"

#include "mem.h"

#include <stdlib.h>
#include <string.h>

static uint32_t fold(uint64_t hash)
{
	return (uint32_t)(hash ^ hash >> 32);
}

uint32_t index_next(const struct index *index, uint64_t hash, size_t *at)
{
	const uint32_t want = fold(hash);

	if (!index->capacity) {
		return INDEX_NONE;
	}
	for (;;) {
		const struct index_slot *slot = &index->slots[(want + *at) & (index->capacity - 1)];
		(*at)++;
		if (slot->number == INDEX_NONE) {
			return INDEX_NONE;
		}
		if (slot->hash == want) {
			return slot->number;
		}
	}
}

static void place(struct index *index, uint32_t hash, uint32_t number)
{
	size_t at = hash & (index->capacity - 1);

	while (index->slots[at].number != INDEX_NONE) {
		at = (at + 1) & (index->capacity - 1);
	}
	index->slots[at] = (struct index_slot){hash, number};
	index->used++;
}

static void grow(struct index *index)
{
	struct index old = *index;

	index->capacity = old.capacity ? old.capacity * 2 : 64;
	index->slots = mem_resize(NULL, index->capacity, sizeof *index->slots);
	memset(index->slots, 0xff, index->capacity * sizeof *index->slots);
	index->used = 0;
	for (size_t i = 0; i < old.capacity; i++) {
		if (old.slots[i].number != INDEX_NONE) {
			place(index, old.slots[i].hash, old.slots[i].number);
		}
	}
	free(old.slots);
}

void index_put(struct index *index, uint64_t hash, uint32_t number)
{
	if (index->used * 2 >= index->capacity) {
		grow(index);
	}
	place(index, fold(hash), number);
}

void index_clear(struct index *index)
{
	free(index->slots);
	*index = (struct index){0};
}

uint64_t index_hash_number(uint64_t seed, uint64_t number)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15U + number + 0x9e3779b97f4a7c15U;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
	x = (x ^ x >> 27) * 0x94d049bb133111ebU;
	return x ^ x >> 31;
}

uint64_t index_hash(uint64_t seed, const void *bytes, size_t count)
{
	const char *at = bytes;
	uint64_t hash = index_hash_number(seed, count);

	while (count) {
		uint64_t word = 0;
		const size_t take = count < sizeof word ? count : sizeof word;
		memcpy(&word, at, take);
		hash = index_hash_number(hash, word);
		at += take;
		count -= take;
	}
	return hash;
}

uint64_t index_hash_string(uint64_t seed, const char *text)
{
	if (!text) {
		return index_hash_number(seed, UINT64_MAX);
	}
	return index_hash(seed, text, strlen(text));
}
