/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live.c - the live table
 *
 * Levels, each an array of buckets of four slots (one cache line), of doubling size up to a part of
 * the budget, so that the last of it can still be used. An address has two buckets in each level,
 * and lives in any free slot of them, newest level first; when all are full there is one more
 * level. So look-ups are bounded, slots are reused at once, there are no tombstones, and nothing
 * ever moves. (Own design; two choices with buckets of four fill a level to four fifths:
 * Dietzfelbinger and Weidling, 2007.)
 *
 *   slot.addr:  0 --CAS--> CLAIMED --release--> address --release--> 0
 *
 * Promises. (1) entry and born are written between CLAIMED and the address; who reads the address
 * with acquire sees them. (2) Only the thread that the allocator gave an address to looks for it.
 * The filter (filter.h) is raised before an address is published and lowered after it left.
 */
#include "live.h"

#include "filter.h"
#include "stacks.h"
#include "state.h"

#define BUCKET	    4u
#define LOG2_FIRST  6u /* buckets in level 0: 4 KiB */
#define LEVELS_MOST 96u

/* log2 of the buckets in the largest levels: a thirty-second part of the budget. */
static uint32_t log2_most(const struct layout_header *h)
{
	uint64_t buckets = h->budget / 32 / sizeof(struct layout_slot) / BUCKET;
	uint32_t log2 = buckets == 0 ? 0 : 63 - (uint32_t)__builtin_clzll(buckets);

	return log2 < LOG2_FIRST ? LOG2_FIRST : log2;
}

static uint32_t log2_of(const struct layout_header *h, uint32_t level)
{
	uint32_t most = log2_most(h);

	return level < most - LOG2_FIRST ? LOG2_FIRST + level : most;
}

/* Byte offset of a level in its region: all levels before it. */
static uint64_t level_at(const struct layout_header *h, uint32_t level)
{
	uint32_t most = log2_most(h);
	uint32_t doubling = most - LOG2_FIRST; /* levels that are smaller than the largest */
	uint32_t small = level < doubling ? level : doubling;

	return ((((1ull << small) - 1) << LOG2_FIRST) + ((uint64_t)(level - small) << most)) *
	       sizeof(struct layout_slot) * BUCKET;
}

/* Levels of one size take other bits each, or what is full in one is full in all. */
static struct layout_slot *bucket(struct layout_header *h, uint32_t level, uint64_t hash)
{
	uint32_t turn = level * 11 % 64;
	uint64_t turned = hash << turn | hash >> (-turn % 64);
	uint64_t which = turned >> (64 - log2_of(h, level));

	return (struct layout_slot *)state_at(h, LAYOUT_LIVE, level_at(h, level)) + which * BUCKET;
}

/* Blocks stand at regular distances, which one multiplication turns into regular hashes: two. */
static uint64_t hash_first(uintptr_t addr)
{
	uint64_t hash = (uint64_t)addr * 0x9e3779b97f4a7c15u;

	hash ^= hash >> 32;
	return hash * 0xd6e8feb86659fd93u;
}

/* The other half of the bits: levels are smaller than 2^32. */
static uint64_t hash_second(uint64_t first)
{
	return first << 32 | first >> 32;
}

static struct layout_slot *find_in(struct layout_slot *bucket, uint64_t addr)
{
	for (unsigned i = 0; i < BUCKET; i++) {
		if (atomic_load_acquire(&bucket[i].addr) == addr) { /* PAIR live: live_add() */
			return &bucket[i];
		}
	}
	return NULL;
}

static struct layout_slot *find(struct layout_header *h, uintptr_t addr)
{
	uint64_t first = hash_first(addr), second = hash_second(first);

	/* PAIR levels: add_level() */
	for (uint32_t level = atomic_load_acquire(&h->live_levels); level-- > 0;) {
		struct layout_slot *slot = find_in(bucket(h, level, first), addr);

		if (slot == NULL) {
			slot = find_in(bucket(h, level, second), addr);
		}
		if (slot != NULL) {
			return slot;
		}
	}
	return NULL;
}

static struct layout_slot *claim_in(struct layout_slot *bucket)
{
	for (unsigned i = 0; i < BUCKET; i++) {
		if (atomic_load_relaxed(&bucket[i].addr) == 0 &&
		    atomic_cas_acquire(&bucket[i].addr, 0,
				       LAYOUT_SLOT_CLAIMED)) { /* PAIR slot-free: live_take() */
			return &bucket[i];
		}
	}
	return NULL;
}

static struct layout_slot *claim(struct layout_header *h, uintptr_t addr, uint32_t levels)
{
	uint64_t first = hash_first(addr), second = hash_second(first);

	for (uint32_t level = levels; level-- > 0;) {
		struct layout_slot *slot = claim_in(bucket(h, level, first));

		if (slot == NULL) {
			slot = claim_in(bucket(h, level, second));
		}
		if (slot != NULL) {
			return slot;
		}
	}
	return NULL;
}

static bool add_level(struct layout_header *h, uint32_t levels)
{
	if (levels == LEVELS_MOST || !state_reserve(h, LAYOUT_LIVE, level_at(h, levels + 1))) {
		return false;
	}
	if (atomic_cas_acq_rel(&h->live_levels, levels,
			       levels + 1)) { /* PAIR levels: find(), ... */
		uint64_t *used = &h->windows[LAYOUT_LIVE].used;

		/* Readers of the file may look at all levels; only the winner gets here. */
		atomic_store_release(used,
				     level_at(h, levels + 1)); /* PAIR region: layout_region() */
	}
	return true;
}

bool live_add(struct layout_header *h, uintptr_t addr, struct live_block block,
	      struct live_block *old)
{
	struct layout_slot *slot;
	uint32_t levels;

	old->entry = STACKS_NONE;
	if (filter_may_hold((void *)addr)) {
		(void)live_take(h, addr, old);
	}
	do {
		levels = atomic_load_acquire(&h->live_levels); /* PAIR levels: add_level() */
		slot = claim(h, addr, levels);
	} while (slot == NULL && add_level(h, levels));
	if (slot == NULL) {
		return false;
	}
	slot->entry = block.entry;
	slot->born = block.born;
	filter_add((void *)addr);
	atomic_store_release(&slot->addr, addr); /* PAIR live: find_in(); readers of the file */
	return true;
}

bool live_take(struct layout_header *h, uintptr_t addr, struct live_block *block)
{
	struct layout_slot *slot = find(h, addr);

	if (slot == NULL) {
		return false;
	}
	block->entry = slot->entry;
	block->born = slot->born;
	atomic_store_release(&slot->addr, 0); /* PAIR slot-free: claim_in() */
	filter_drop((void *)addr);
	return true;
}
