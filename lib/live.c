/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live.c - the live table
 *
 * Levels of cache lines of eight slots, four times as many in each as in the one before, up to a
 * part of the budget, so that the last of it can still be used. An address has two pairs of lines
 * in each level, and lives in any free slot of them, newest level first; when the newest are full
 * there is one more level. So look-ups are bounded, slots are reused at once, there are no
 * tombstones, and nothing ever moves. (Own design; levels: Broder and Karlin, 1990; two choices
 * that a place and its contents tell of each other: Fan et al., cuckoo filters, 2014.)
 *
 *   slot:  0 --CAS--> word of (address, entry) --store--> word of another entry, or 0
 *
 * A slot is one word, which tells the entry, and of the address what its place does not tell
 * (layout.h): published and gone in one store, and eight of them to a cache line. The blocks of 64
 * bytes stand in one line: a program works its way through its memory, and 128 bytes to a pair of
 * lines fill the table less well. (Measured with a Python program of 600,000 objects, where the
 * table was half of what we cost: slots of 16 bytes at random places, and a search through all
 * levels before each block, took 1,150 instructions and 3.5 misses of the second cache; now 130 and
 * 0.6.)
 *
 * Promises. (1) A word is complete in itself. (2) Only the thread that the allocator gave an
 * address to looks for it. The filter (filter.h) is raised before an address is published and
 * lowered after it left.
 */
#include "live.h"

#include "arch.h"
#include "filter.h"
#include "stacks.h"
#include "state.h"

#define LEVELS_MOST   96u
#define LEVELS_FILLED 4u /* the newest ones, which new blocks are put in */

#define RARE(x)	      __builtin_expect((x), 0)

struct level {
	uint64_t *lines;
	uint32_t log2;	 /* of their number */
	uint32_t number; /* of the level, + 1; 0: there is none */
};

/* As layout_header.live_newest has it. A wild write of the host's there must not lead out of the
 * window: such a table is empty. */
static struct level level_of(struct layout_header *h, uint64_t newest)
{
	uint64_t end = (newest >> 16) + (LAYOUT_LINE * sizeof(uint64_t) << (newest & 31));

	if (RARE((newest & 0xff) > 31 || end > h->windows[LAYOUT_LIVE].size)) {
		return (struct level){0};
	}
	return (struct level){
		.lines = state_at(h, LAYOUT_LIVE, newest >> 16),
		.log2 = newest & 0xff,
		.number = newest >> 8 & 0xff,
	};
}

static uint64_t encode(const struct layout_header *h, uint32_t level)
{
	uint32_t most = layout_live_most(h);

	return layout_live_at(most, level) << 16 | (level + 1) << 8 | layout_live_log2(most, level);
}

static struct level newest(struct layout_header *h)
{
	return level_of(h, atomic_load_acquire(&h->live_newest)); /* PAIR levels: add_level() */
}

static bool older(struct layout_header *h, struct level *level)
{
	if (level->number <= 1) {
		return false;
	}
	*level = level_of(h, encode(h, level->number - 2));
	return true;
}

/* The line that is tried first, of one of an address's two pairs. */
static uint64_t *line_of(const struct level *level, const struct layout_live_key *key, bool second)
{
	uint64_t pair = key->place >> (65 - level->log2);

	if (second) {
		pair ^= layout_live_turn(key->tag, level->log2);
	}
	return level->lines + (pair * 2 + key->half) * LAYOUT_LINE;
}

static uint64_t *neighbour(uint64_t *line)
{
	return (uint64_t *)((uintptr_t)line ^ LAYOUT_LINE * sizeof(uint64_t));
}

static uint64_t *find_in_line(uint64_t *line, uint64_t tag)
{
	unsigned found = arch_match8(line, (uint32_t)(tag >> 32));

	for (; found != 0; found &= found - 1) {
		uint64_t *slot = line + __builtin_ctz(found);

		/* Relaxed: it is our own address; who gave it to us has ordered this, too. */
		if ((atomic_load_relaxed(slot) ^ tag) < LAYOUT_LIVE_SECOND) {
			return slot;
		}
	}
	return NULL;
}

static inline uint64_t *find_in(uint64_t *line, uint64_t tag)
{
	uint64_t *slot = find_in_line(line, tag);

	return slot != NULL ? slot : find_in_line(neighbour(line), tag);
}

/* All but the line that is tried first. */
static __attribute__((noinline)) uint64_t *find_on(struct layout_header *h,
						   const struct layout_live_key *key)
{
	struct level level = newest(h);

	if (level.number == 0) {
		return NULL;
	}
	do {
		uint64_t *slot = find_in(line_of(&level, key, false), key->tag);

		if (slot == NULL) {
			slot = find_in(line_of(&level, key, true), key->tag | LAYOUT_LIVE_SECOND);
		}
		if (slot != NULL) {
			return slot;
		}
	} while (older(h, &level));
	return NULL;
}

static inline uint64_t *find(struct layout_header *h, const struct layout_live_key *key)
{
	struct level level = newest(h);
	uint64_t *slot = NULL;

	if (level.number != 0) {
		slot = find_in_line(line_of(&level, key, false), key->tag);
	}
	return slot != NULL ? slot : find_on(h, key);
}

static inline bool claim_in_line(uint64_t *line, uint64_t word)
{
	unsigned empty = arch_match8(line, 0);

	for (; empty != 0; empty &= empty - 1) {
		uint64_t *slot = line + __builtin_ctz(empty);

		/* PAIR live: layout_next_live() */
		if (atomic_load_relaxed(slot) == 0 && atomic_cas_acq_rel(slot, (uint64_t)0, word)) {
			return true;
		}
	}
	return false;
}

static bool claim_in(uint64_t *line, uint64_t word)
{
	return claim_in_line(line, word) || claim_in_line(neighbour(line), word);
}

/* A slot in @level or in one of the @more levels before it. */
static bool claim(struct layout_header *h, const struct layout_live_key *key, uint64_t word,
		  struct level level, uint32_t more)
{
	if (level.number == 0) {
		return false;
	}
	do {
		if (claim_in(line_of(&level, key, false), word) ||
		    claim_in(line_of(&level, key, true), word | LAYOUT_LIVE_SECOND)) {
			return true;
		}
	} while (more-- > 0 && older(h, &level));
	return false;
}

static bool add_level(struct layout_header *h, const struct level *newest)
{
	uint64_t end = layout_live_at(layout_live_most(h), newest->number + 1);
	uint64_t old = newest->number == 0 ? 0 : encode(h, newest->number - 1);

	if (newest->number == LEVELS_MOST || !state_reserve(h, LAYOUT_LIVE, end)) {
		return false;
	}
	/* PAIR levels: newest() */
	if (atomic_cas_acq_rel(&h->live_newest, old, encode(h, newest->number))) {
		/* Readers of the file may look at all levels; only the winner gets here. */
		/* PAIR region: layout_region() */
		atomic_store_release(&h->windows[LAYOUT_LIVE].used, end);
	}
	return true;
}

/* Where the first line is full. */
static __attribute__((noinline)) bool add_on(struct layout_header *h,
					     const struct layout_live_key *key, uint64_t word)
{
	struct level level = newest(h);

	while (!claim(h, key, word, level, LEVELS_FILLED - 1)) {
		if (!add_level(h, &level)) {
			return claim(h, key, word, level, LEVELS_MOST);
		}
		level = newest(h);
	}
	return true;
}

/* The entry of the block that stood in our slot. Relaxed: as in find_in_line(). */
static uint32_t replace(uint64_t *slot, uint32_t entry)
{
	uint64_t word = atomic_load_relaxed(slot);
	uint64_t next = (word & ~(LAYOUT_LIVE_SECOND - 1)) | (entry + 1);

	atomic_store_release(slot, next); /* PAIR live: layout_next_live() */
	return layout_live_entry(word);
}

void live_expect(struct layout_header *h, uintptr_t addr)
{
	struct layout_live_key key = layout_live_key(addr);
	struct level level = newest(h);

	if (level.number != 0) {
		__builtin_prefetch(line_of(&level, &key, false), 1);
	}
	filter_expect((void *)addr);
}

bool live_add(struct layout_header *h, uintptr_t addr, uint32_t entry, uint32_t *old)
{
	struct layout_live_key key = layout_live_key(addr);
	uint64_t *slot = RARE(filter_holds((void *)addr)) ? find(h, &key) : NULL;
	uint64_t word = key.tag | (entry + 1);

	*old = STACKS_NONE;
	if (!layout_live_fits(addr, entry)) {
		return false;
	}
	if (RARE(slot != NULL)) {
		*old = replace(slot, entry);
		return true;
	}
	filter_add((void *)addr);
	struct level level = newest(h);

	if ((level.number != 0 && claim_in_line(line_of(&level, &key, false), word)) ||
	    add_on(h, &key, word)) {
		return true;
	}
	filter_drop((void *)addr);
	return false;
}

bool live_take(struct layout_header *h, uintptr_t addr, uint32_t *entry)
{
	struct layout_live_key key = layout_live_key(addr);
	uint64_t *slot = find(h, &key);

	if (slot == NULL) {
		return false;
	}
	*entry = layout_live_entry(atomic_load_relaxed(slot)); /* our own, as in find_in_line() */
	atomic_store_release(slot, 0);			       /* PAIR live: layout_next_live() */
	filter_drop((void *)addr);
	return true;
}
