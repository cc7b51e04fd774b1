/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stacks.c - the stack table
 *
 * Two insert-only tables, frames and entries, each a dense region of records with an index beside
 * it (index.h). A look-up that hits, the common case, touches one slot and one entry, a cache line
 * each; frames are told apart by 64 bits of hash, not read again.
 *
 * The counters of a hot stack are written at each sample and each free of one. A second thread that
 * comes by one gets an entry of its own, a shard: two threads in one loop took 130 ns a pair each
 * where one took 90. Only for hot ones: it costs a line of memory, and a look-up that fails for
 * those that are not.
 *
 *   add_shard():  the entry complete --CAS--> in the list of shard 0 --CAS--> in the index
 *
 * Promises. (1) A record is complete before its index slot shows it. (2) allocs of an entry is 0
 * until it has been entered, so an entry that lost the race, or whose writer was killed, counts
 * nothing. (3) Counters only grow; allocs first.
 */
#include "stacks.h"

#include <string.h>

#include "failure.h"
#include "index.h"
#include "state.h"

#ifdef LEAKTRACK_TEST
#define HOT 4u
#else
#define HOT 256u /* samples, before other threads get shards */
#endif

struct hashed {
	const struct stacks_key *key;
	uint64_t hash; /* of the frames */
	uint32_t shard;
};

/* One round of wyhash's mixer: the 128-bit product folded (Wang Yi, public domain design). */
static uint64_t mix(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_frames(const uintptr_t *pcs, size_t n)
{
	uint64_t hash = 0x9e3779b97f4a7c15u ^ n;
	size_t i = 0;

	for (; i + 2 <= n; i += 2) {
		hash = mix(hash ^ pcs[i], pcs[i + 1] ^ 0xd6e8feb86659fd93u);
	}
	if (i < n) {
		hash = mix(hash ^ pcs[i], 0xa0761d6478bd642fu);
	}
	return hash;
}

static uint32_t hash_entry(const struct hashed *k)
{
	uint64_t of_block = k->key->size << 9 ^ k->key->epoch << 3 ^ k->shard;

	return (uint32_t)(mix(k->hash ^ of_block, 0xe7037ed1a0b428dbu) >> 32);
}

static struct layout_frames *frames_at(struct layout_header *h, uint32_t record)
{
	return state_at(h, LAYOUT_FRAMES, (uint64_t)record * 8);
}

static struct layout_entry *entry_at(struct layout_header *h, uint32_t record)
{
	return (struct layout_entry *)state_at(h, LAYOUT_ENTRIES, 0) + record;
}

/* Records that an index or an entry tells of are there, or somebody has written into our tables. */
static bool is_there(struct layout_header *h, enum layout_region which, uint64_t at)
{
	if (__builtin_expect(at < atomic_load_relaxed(&h->windows[which].used), 1)) {
		return true;
	}
	failure_note(LAYOUT_OFF_TABLE);
	return false;
}

static bool same_frames(struct layout_header *h, uint32_t record, const void *key)
{
	const struct hashed *k = key;
	const struct layout_frames *f = frames_at(h, record);

	return is_there(h, LAYOUT_FRAMES, (uint64_t)record * 8) && f->hash == (uint32_t)k->hash &&
	       f->count == k->key->n;
}

static bool same_entry(struct layout_header *h, uint32_t record, const void *key)
{
	const struct hashed *k = key;
	const struct layout_entry *e = entry_at(h, record);

	return is_there(h, LAYOUT_ENTRIES, (uint64_t)record * sizeof(*e)) &&
	       e->hash == (uint32_t)k->hash && e->size == k->key->size &&
	       e->epoch == k->key->epoch && e->shard == k->shard;
}

static uint64_t zigzag(uint64_t from, uint64_t to)
{
	int64_t step = (int64_t)(to - from);

	return (uint64_t)step << 1 ^ (uint64_t)(step >> 63);
}

/* Bytes that the frames take; with @to, written there. The format is layout.h's. */
static size_t encode(const struct stacks_key *key, uint8_t *to)
{
	size_t at = 0;
	uint64_t last = 0;

	for (size_t i = 0; i < key->n; i++) {
		uint64_t value = zigzag(last, key->pcs[i]);

		last = key->pcs[i];
		for (; value >= 0x80; value >>= 7, at++) {
			if (to != NULL) {
				to[at] = (uint8_t)(value | 0x80);
			}
		}
		if (to != NULL) {
			to[at] = (uint8_t)value;
		}
		at++;
	}
	return at;
}

/* The record of the key's frames, made if there is none. */
static uint32_t intern_frames(struct layout_header *h, const struct hashed *k, bool *is_new)
{
	uint32_t hash = (uint32_t)(k->hash >> 32);
	uint32_t found = index_find(h, LAYOUT_FRAMES_INDEX, hash, same_frames, k);
	size_t bytes = 0;
	uint64_t at;

	*is_new = false;
	if (found != INDEX_NONE) {
		return found;
	}
	bytes = encode(k->key, NULL);
	if (!state_take(h, LAYOUT_FRAMES, (sizeof(struct layout_frames) + bytes + 7) & ~7ull,
			&at) ||
	    at / 8 >= STACKS_NONE) {
		return STACKS_NONE;
	}
	struct layout_frames *f = state_at(h, LAYOUT_FRAMES, at);

	f->hash = (uint32_t)k->hash;
	f->count = (uint16_t)k->key->n;
	f->bytes = (uint16_t)bytes;
	(void)encode(k->key, f->data);
	*is_new = true;
	/* KILLED before or after: frames without an entry, which no reader looks at. */
	return index_add(h, LAYOUT_FRAMES_INDEX, hash, (uint32_t)(at / 8), same_frames, k);
}

/* A new entry, whole but for its index; NULL where there is no room. */
static struct layout_entry *make_entry(struct layout_header *h, const struct hashed *k,
				       uint32_t frames, uint64_t slack, uint32_t *record)
{
	uint64_t at;

	if (!state_take(h, LAYOUT_ENTRIES, sizeof(struct layout_entry), &at)) {
		return NULL;
	}
	*record = (uint32_t)(at / sizeof(struct layout_entry));
	struct layout_entry *e = entry_at(h, *record);

	e->frames = frames;
	e->hash = (uint32_t)k->hash;
	e->epoch = k->key->epoch;
	e->shard = k->shard;
	e->size = k->key->size;
	e->slack = slack;
	return e;
}

/* The shard of @first that @k asks for; @first itself where there is no room for one. */
static uint32_t add_shard(struct layout_header *h, const struct hashed *k, uint32_t first)
{
	struct layout_entry *head = entry_at(h, first);
	uint32_t record, next;
	struct layout_entry *e = make_entry(h, k, head->frames, head->slack, &record);

	if (e == NULL) {
		return first;
	}
	do {
		next = atomic_load_acquire(&head->next);
		/* After its number: who sees a list knows that this is not the head of it. */
		atomic_store_release(&e->next, next);
	} while (!atomic_cas_acq_rel(&head->next, next, record + 1));
	/* PAIR shard: layout_next_shard().  KILLED here: a shard that counts nothing. */
	uint32_t found = index_add(h, LAYOUT_ENTRIES_INDEX, hash_entry(k), record, same_entry, k);

	return found != INDEX_NONE ? found : first;
}

static uint32_t add_entry(struct layout_header *h, const struct hashed *k, uint64_t slack,
			  bool *is_new)
{
	uint32_t frames = intern_frames(h, k, is_new), record;

	if (frames == STACKS_NONE || make_entry(h, k, frames, slack, &record) == NULL) {
		return STACKS_NONE;
	}
	/* KILLED before or after: an entry that counts nothing. */
	return index_add(h, LAYOUT_ENTRIES_INDEX, hash_entry(k), record, same_entry, k);
}

uint32_t stacks_intern(struct layout_header *h, const struct stacks_key *key, uint64_t slack,
		       bool *is_new)
{
	struct hashed k = {.key = key, .hash = hash_frames(key->pcs, key->n), .shard = key->shard};
	uint32_t found = index_find(h, LAYOUT_ENTRIES_INDEX, hash_entry(&k), same_entry, &k);

	*is_new = false;
	if (found != INDEX_NONE) {
		return found;
	}
	if (k.shard != 0) {
		struct hashed first = {.key = key, .hash = k.hash};

		found = index_find(h, LAYOUT_ENTRIES_INDEX, hash_entry(&first), same_entry, &first);
		if (found == INDEX_NONE) {
			return add_entry(h, &first, slack, is_new);
		}
		/* Relaxed: a count, whatever it is. */
		return atomic_load_relaxed(&entry_at(h, found)->allocs) < HOT
			       ? found
			       : add_shard(h, &k, found);
	}
	return add_entry(h, &k, slack, is_new);
}

void stacks_alloc(struct layout_header *h, uint32_t entry)
{
	/* PAIR allocs: layout_next_sample(); who sees the count sees the entry's fields. */
	atomic_add_release(&entry_at(h, entry)->allocs, 1);
	/* KILLED after: the block is counted as in use, which it is. */
}

void stacks_free(struct layout_header *h, uint32_t entry)
{
	if (!is_there(h, LAYOUT_ENTRIES, (uint64_t)entry * sizeof(struct layout_entry))) {
		return; /* it stood in the live table */
	}
	/* PAIR frees: layout_next_sample(), which reads frees before allocs. */
	atomic_add_release(&entry_at(h, entry)->frees, 1);
}
