/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index.c - find a record of an insert-only table by its hash
 *
 *   slot:  0  --CAS (add)-->  hash << 32 | record      for good
 *
 * Promises. (1) A slot is written by a releasing CAS after the record is complete; who reads it
 * with acquire sees the record whole. (2) `where` is published after the new index is filled; a
 * reader of the old index sees less, never something wrong. (3) An old index is not reused. KILLED
 * at any point: no reader of the file looks at an index.
 */
#include "index.h"

#include "state.h"

#define LOG2_FIRST  9u	 /* 512 slots: one page */
#define PROBE_LIMIT 128u /* near 3/4 full, the longest run may get there: then it grows early */

struct view {
	uint64_t *slots;
	uint64_t mask;
};

static struct layout_index *index_of(struct layout_header *h, enum layout_region which)
{
	return which == LAYOUT_ENTRIES_INDEX ? &h->entries_index : &h->frames_index;
}

static bool view_of(struct layout_header *h, enum layout_region which, uint64_t where,
		    struct view *view)
{
	if (where == 0) {
		return false;
	}
	view->slots = state_at(h, which, where >> 8);
	view->mask = (1ull << (where & 0xff)) - 1;
	return true;
}

/* Walk a run: the equal record, or the free slot that ends it, or neither. */
static uint32_t probe(struct layout_header *h, const struct view *view, uint32_t hash,
		      index_match *match, const void *key, uint64_t **free_slot)
{
	*free_slot = NULL;
	for (unsigned i = 0; i < PROBE_LIMIT; i++) {
		uint64_t *slot = &view->slots[(hash + i) & view->mask];
		uint64_t value = atomic_load_acquire(slot); /* PAIR slot: index_add() */

		if (value == 0) {
			*free_slot = slot;
			return INDEX_NONE;
		}
		if (value >> 32 == hash && match != NULL && match(h, (uint32_t)value, key)) {
			return (uint32_t)value;
		}
	}
	return INDEX_NONE;
}

uint32_t index_find(struct layout_header *h, enum layout_region which, uint32_t hash,
		    index_match *match, const void *key)
{
	/* PAIR index: publish() */
	uint64_t where = atomic_load_acquire(&index_of(h, which)->where);
	struct view view = {0};
	uint64_t *slot;

	return view_of(h, which, where, &view) ? probe(h, &view, hash, match, key, &slot)
					       : INDEX_NONE;
}

static void copy(struct layout_header *h, const struct view *from, const struct view *to)
{
	for (uint64_t i = 0; i <= from->mask; i++) {
		uint64_t value = atomic_load_acquire(&from->slots[i]); /* PAIR slot: index_add() */
		uint64_t *slot;

		if (value == 0) {
			continue;
		}
		(void)probe(h, to, (uint32_t)(value >> 32), NULL, NULL, &slot);
		if (slot != NULL) {
			*slot = value; /* nobody else knows this index yet */
		}
	}
}

/* One at a time, which spares work and no more. Who was jumped out of (a handler's longjmp) or died
 * here never ends it: when as many have come by as a part of the index takes, before it is full,
 * the next one takes over. */
static bool begin_growing(struct layout_index *index, uint64_t slots)
{
	uint32_t came = atomic_load_relaxed(&index->growing);

	return atomic_cas_acquire(&index->growing, came, came + 1) && /* PAIR growing: publish() */
	       came % (uint32_t)(8 + slots / 16) == 0;
}

/* Make an index of twice the size and publish it. False: somebody else is at it or was first, or
 * there is no memory. */
static bool publish(struct layout_header *h, enum layout_region which, uint64_t old)
{
	struct layout_index *index = index_of(h, which);
	uint64_t log2 = old == 0 ? LOG2_FIRST : (old & 0xff) + 1;
	struct view from = {0}, to = {0};
	uint64_t at;

	if (!begin_growing(index, old == 0 ? 0 : 1ull << (old & 0xff))) {
		return false;
	}
	bool done = atomic_load_relaxed(&index->where) == old &&
		    state_take(h, which, sizeof(uint64_t) << log2, &at);

	if (done) {
		(void)view_of(h, which, at << 8 | log2, &to);
		if (view_of(h, which, old, &from)) {
			copy(h, &from, &to);
		}
		/* PAIR index: index_find(), index_add() */
		done = atomic_cas_acq_rel(&index->where, old, at << 8 | log2);
	}
	atomic_store_release(&index->growing, 0); /* PAIR growing: begin_growing() */
	return done;
}

/* The index to add to, larger than the last one if that is getting full. Where it cannot grow, it
 * serves until the probe limit. */
static bool current(struct layout_header *h, enum layout_region which, uint64_t *where)
{
	struct layout_index *index = index_of(h, which);

	*where = atomic_load_acquire(&index->where); /* PAIR index: publish() */
	uint64_t slots = *where == 0 ? 0 : 1ull << (*where & 0xff);

	if ((uint64_t)atomic_load_relaxed(&index->count) + 1 > slots / 4 * 3 &&
	    publish(h, which, *where)) {
		*where = atomic_load_acquire(&index->where); /* PAIR index: publish() */
	}
	return *where != 0;
}

uint32_t index_add(struct layout_header *h, enum layout_region which, uint32_t hash,
		   uint32_t record, index_match *match, const void *key)
{
	uint64_t where;
	struct view view = {0};

	while (current(h, which, &where)) {
		uint64_t *slot;

		(void)view_of(h, which, where, &view);
		uint32_t equal = probe(h, &view, hash, match, key, &slot);

		if (equal != INDEX_NONE) {
			return equal;
		}
		if (slot == NULL) {
			/* A run of our own making (equal hashes) would be as long in any index. */
			if ((uint64_t)atomic_load_relaxed(&index_of(h, which)->count) * 4 <=
				    view.mask ||
			    !publish(h, which, where)) {
				return INDEX_NONE;
			}
			continue;
		}
		/* PAIR slot: probe(), copy() */
		if (atomic_cas_acq_rel(slot, (uint64_t)0, (uint64_t)hash << 32 | record)) {
			atomic_add_relaxed(&index_of(h, which)->count, 1);
			return record;
		}
	}
	return INDEX_NONE;
}
