/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/stacks.o lib/index.o lib/state.o lib/place.o lib/filter.o lib/config.o */
/* objects: lib/program.o */
/* objects: lib/fmt.o lib/say.o lib/poisson.o tests/unit/fake_sys.o */
/* objects: lib/failure.o tests/unit/fake_real.o */
/*
 * Proves: what was interned is read back as it was, extreme addresses too; one key is one entry,
 * another stack, size or epoch another; this holds through every growth and when the budget is
 * full: then STACKS_NONE, never a wrong record; a record that is not there is not touched. Fails
 * when: writer and reader of the encoding differ, a part of the key is forgotten, or a table hands
 * out a record that it could not keep.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "apart.h"
#include "failure.h"
#include "poisson.h"
#include "shm.h"
#include "stacks.h"
#include "state.h"

#define DEEP 513

static uint64_t seed;

static struct layout_header *start(const char *memory)
{
	shm_config(memory, "512k");
	CHECK(state_make());
	return state_enter();
}

static uint32_t intern(struct layout_header *h, const uintptr_t *pcs, size_t n, uint64_t size,
		       uint32_t epoch)
{
	struct stacks_key key = {.pcs = pcs, .n = n, .size = size, .epoch = epoch};
	bool is_new;

	return stacks_intern(h, &key, 8, &is_new);
}

/* Is @entry, as a reader sees it, (@pcs, @size, @epoch)? */
static bool holds(struct layout_header *h, uint32_t entry, const uintptr_t *pcs, size_t n,
		  uint64_t size, uint32_t epoch)
{
	struct layout_view view = {.header = h, .bytes = h->file_bytes};
	uint64_t bytes, pc;
	const struct layout_entry *e = (const void *)layout_region(&view, LAYOUT_ENTRIES, &bytes);

	if (e == NULL || entry >= bytes / sizeof(*e) || e[entry].size != size ||
	    e[entry].epoch != epoch || e[entry].slack != 8) {
		return false;
	}
	const uint8_t *frames = layout_region(&view, LAYOUT_FRAMES, &bytes);
	const struct layout_frames *f = (const void *)(frames + (uint64_t)e[entry].frames * 8);
	struct layout_cursor cursor = layout_cursor(f);

	if (f->count != n) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (!layout_next_pc(&cursor, &pc) || pc != pcs[i]) {
			return false;
		}
	}
	return !layout_next_pc(&cursor, &pc);
}

/* The stack that number @n stands for: the same each time. Returns its depth. */
static size_t stack_of(uint64_t n, uintptr_t *pcs)
{
	uint64_t state = seed + n * 77;
	size_t depth = 1 + poisson_next(&state) % (n % 50 == 0 ? DEEP : 24);

	for (size_t i = 0; i < depth; i++) {
		uint64_t r = poisson_next(&state);

		pcs[i] = 0x555555554000u + (r & 0xfffff);
		if (n % 7 == 0) {
			pcs[i] = r >> r % 64; /* anything */
		}
	}
	pcs[depth - 1] = 0x400000 + n; /* no two are the same */
	return depth;
}

static void extreme_addresses(void *unused)
{
	const uintptr_t edges[] = {0,
				   1,
				   2,
				   63,
				   64,
				   127,
				   128,
				   0x7fffffffffff,
				   0x8000000000000000u,
				   0x7fffffffffffffffu,
				   UINTPTR_MAX,
				   UINTPTR_MAX - 1};
	const size_t n_edges = sizeof(edges) / sizeof(edges[0]);
	struct layout_header *h = start("8m");
	uintptr_t pcs[DEEP];

	(void)unused;
	for (size_t a = 0; a < n_edges; a++) {
		CHECK(holds(h, intern(h, &edges[a], 1, 64, 0), &edges[a], 1, 64, 0));
		for (size_t b = 0; b < n_edges; b++) {
			for (size_t i = 0; i < DEEP; i++) {
				pcs[i] = i % 2 == 0 ? edges[a] : edges[b];
			}
			for (size_t n = 2; n <= DEEP; n += n < 8 ? 1 : DEEP - 8) {
				CHECK(holds(h, intern(h, pcs, n, 64, 0), pcs, n, 64, 0));
			}
		}
	}
	CHECK(holds(h, intern(h, edges, n_edges, UINT64_MAX, 63), edges, n_edges, UINT64_MAX, 63));
	state_finish(true);
}

/* All pairs of keys that differ in one thing only. */
static void keys_apart(void *unused)
{
	const uintptr_t pcs[] = {0x401000, 0x402000, 0x403000};
	const uintptr_t other[] = {0x401000, 0x402000, 0x403001};
	const uintptr_t turned[] = {0x402000, 0x401000, 0x403000};
	struct layout_header *h = start("8m");
	uint32_t entries[] = {
		intern(h, pcs, 3, 64, 0),    intern(h, pcs, 2, 64, 0),
		intern(h, pcs, 1, 64, 0),    intern(h, other, 3, 64, 0),
		intern(h, pcs, 3, 65, 0),    intern(h, pcs, 3, 64, 1),
		intern(h, turned, 3, 64, 0), intern(h, pcs, 3, 0x40 << 6, 0),
	};
	const size_t n = sizeof(entries) / sizeof(entries[0]);
	bool is_new = true;
	struct stacks_key key = {.pcs = pcs, .n = 3, .size = 64};

	(void)unused;
	for (size_t a = 0; a < n; a++) {
		CHECK(entries[a] != STACKS_NONE);
		for (size_t b = 0; b < a; b++) {
			CHECK(entries[a] != entries[b]);
		}
	}
	CHECK(stacks_intern(h, &key, 16, &is_new) == entries[0]);
	CHECK(!is_new);
	CHECK(holds(h, entries[0], pcs, 3, 64, 0)); /* the first slack stays */
	key.size = 100;
	CHECK(stacks_intern(h, &key, 8, &is_new) != STACKS_NONE);
	CHECK(!is_new); /* the frames are known */
	key.pcs = other + 1;
	key.n = 2;
	CHECK(stacks_intern(h, &key, 8, &is_new) != STACKS_NONE);
	CHECK(is_new);
	/* Frames are stored once: five sets, each of at most 24 bytes. */
	CHECK(h->windows[LAYOUT_FRAMES].used <= 6 * 24);
	state_finish(true);
}

static void counts(void *unused)
{
	const uintptr_t pcs[] = {0x401000, 0x402000};
	struct layout_header *h = start("8m");
	struct layout_view view = {.header = h, .bytes = h->file_bytes};
	struct layout_sample sample;
	uint64_t index = 0;

	(void)unused;
	uint32_t silent = intern(h, pcs, 1, 64, 0), entry = intern(h, pcs, 2, 64, 0);

	CHECK(silent != entry);
	CHECK(!layout_next_sample(&view, &index, &sample)); /* no allocation: nothing to see */
	for (int i = 0; i < 5; i++) {
		stacks_alloc(h, entry);
	}
	stacks_free(h, entry);
	stacks_free(h, entry);
	index = 0;
	CHECK(layout_next_sample(&view, &index, &sample));
	CHECK(sample.allocs == 5 && sample.frees == 2 && sample.size == 64 && sample.slack == 8);
	CHECK(sample.rate == 512 << 10 && sample.frames->count == 2);
	CHECK(!layout_next_sample(&view, &index, &sample));
	state_finish(true);
}

/* Threads that share a hot key have an entry each, and a reader finds one sample. */
static void shards(void *unused)
{
	struct layout_header *h = start("8m");
	struct layout_view view = {.header = h, .bytes = h->file_bytes};
	uintptr_t pcs[2] = {0x401000, 0x402000};
	struct stacks_key key = {.pcs = pcs, .n = 2, .size = 48};
	uint32_t entries[STACKS_SHARDS];
	struct layout_sample sample;
	uint64_t index = 0;
	bool is_new;

	(void)unused;
	for (key.shard = 0; key.shard < STACKS_SHARDS; key.shard++) {
		entries[0] = stacks_intern(h, &key, 16, &is_new);
		CHECK(entries[0] == 0 && is_new == (key.shard == 0)); /* not hot: one for all */
	}
	for (unsigned i = 0; i < 1000; i++) {
		stacks_alloc(h, 0);
	}
	for (key.shard = STACKS_SHARDS; key.shard-- > 0;) {
		entries[key.shard] = stacks_intern(h, &key, 99, &is_new);
		CHECK(!is_new && (entries[key.shard] == 0) == (key.shard == 0));
		for (unsigned i = 0; i < 10 + key.shard; i++) {
			stacks_alloc(h, entries[key.shard]);
		}
		stacks_free(h, entries[key.shard]);
	}
	for (key.shard = 0; key.shard < STACKS_SHARDS; key.shard++) {
		CHECK(stacks_intern(h, &key, 99, &is_new) == entries[key.shard]);
		for (uint32_t other = 0; other < key.shard; other++) {
			CHECK(entries[other] != entries[key.shard]);
		}
	}
	CHECK(layout_next_sample(&view, &index, &sample));
	CHECK(sample.allocs == 1000 + 8 * 10 + 28 && sample.frees == 8);
	CHECK(sample.size == 48 && sample.slack == 16 && sample.frames->count == 2);
	CHECK(!layout_next_sample(&view, &index, &sample));

	/* A damaged file: lists that go round, or nowhere. */
	struct layout_entry *e = state_at(h, LAYOUT_ENTRIES, 0);

	e[entries[3]].next = entries[3] + 1;
	index = 0;
	CHECK(layout_next_sample(&view, &index, &sample));
	CHECK(sample.frees <= sample.allocs);
	e[0].next = 1u << 30;
	index = 0;
	CHECK(layout_next_sample(&view, &index, &sample) && sample.allocs == 1010);
	e[0].next = 1;
	index = 0;
	CHECK(layout_next_sample(&view, &index, &sample) && sample.allocs == 1010);
	state_finish(true);
}

/* Where there is no room for a shard, all share the one entry. */
static void shards_full(void *unused)
{
	struct layout_header *h = start("1m");
	uintptr_t pcs[2] = {0x401000, 0x402000};
	struct stacks_key key = {.pcs = pcs, .n = 2, .size = 48};
	uint32_t first, last = 0;
	bool is_new;

	(void)unused;
	first = stacks_intern(h, &key, 16, &is_new);
	for (unsigned i = 0; i < 1000; i++) {
		stacks_alloc(h, first);
	}
	for (key.size = 49; last != STACKS_NONE; key.size++) {
		last = stacks_intern(h, &key, 16, &is_new);
	}
	key.size = 48;
	key.shard = 5;
	CHECK(stacks_intern(h, &key, 16, &is_new) == first);
	state_finish(true);
}

static void growth(void *unused)
{
	enum { STACKS = 20000 };
	struct layout_header *h = start("32m");
	uint32_t *entries = malloc(2 * STACKS * sizeof(*entries));
	uintptr_t pcs[DEEP];

	(void)unused;
	for (uint32_t i = 0; i < 2 * STACKS; i++) {
		size_t n = stack_of(i / 2, pcs);

		entries[i] = intern(h, pcs, n, 1 + i % 2 * 100, i % 3);
		CHECK(entries[i] == i); /* dense, in order: never one that is there already */
	}
	for (uint32_t i = 0; i < 2 * STACKS; i++) {
		size_t n = stack_of(i / 2, pcs);

		CHECK(intern(h, pcs, n, 1 + i % 2 * 100, i % 3) == entries[i]);
		CHECK(holds(h, entries[i], pcs, n, 1 + i % 2 * 100, i % 3));
	}
	CHECK(h->windows[LAYOUT_ENTRIES].used == 2 * STACKS * sizeof(struct layout_entry));
	CHECK((h->entries_index.where & 0xff) >= 16);
	free(entries);
	state_finish(true);
}

/* The budget ends at some point; what was interned before stays, what comes later is refused. */
static void full(void *unused)
{
	enum { STACKS = 30000 };
	struct layout_header *h = start("1m");
	uint32_t *entries = malloc(STACKS * sizeof(*entries)), lost = 0;
	uintptr_t pcs[DEEP];

	(void)unused;
	for (uint32_t i = 0; i < STACKS; i++) {
		size_t n = stack_of(i, pcs);

		entries[i] = intern(h, pcs, n, 64, 0);
		lost += entries[i] == STACKS_NONE;
		CHECK(h->reserved <= h->budget);
	}
	CHECK(lost > 1000);
	CHECK(lost < STACKS - 1000);
	for (uint32_t i = 0; i < STACKS; i++) {
		size_t n = stack_of(i, pcs);

		if (entries[i] != STACKS_NONE) {
			CHECK(holds(h, entries[i], pcs, n, 64, 0));
			CHECK(intern(h, pcs, n, 64, 0) == entries[i]);
		}
	}
	free(entries);
	state_finish(true);
}

/* Memory ends at the n-th request, for every n, and comes back. */
static void no_memory(void *unused)
{
	uintptr_t pcs[DEEP];
	struct layout_header *h = start("8m");
	uint32_t i = 0;

	(void)unused;
	for (unsigned n = 1; n <= 30; n++) {
		fake_sys_fail(1u << FAKE_MPROTECT | 1u << FAKE_MADVISE, n, 12);
		for (unsigned end = i + 700; i < end; i++) {
			size_t depth = stack_of(i, pcs);
			uint32_t entry = intern(h, pcs, depth, 64, 0);

			CHECK(entry == STACKS_NONE || holds(h, entry, pcs, depth, 64, 0));
		}
		fake_sys()->fail_at = 0;
		size_t depth = stack_of(i, pcs);

		CHECK(holds(h, intern(h, pcs, depth, 64, 0), pcs, depth, 64, 0));
		i++;
	}
	state_finish(true);
}

/* Somebody has written into a table: what it tells is not followed, and sampling is to end. */
static void damaged_index(void *unused)
{
	struct layout_header *h = start("8m");
	uintptr_t pcs[] = {0x401000, 0x402000};
	uint32_t entry = intern(h, pcs, 2, 64, 0);
	struct layout_window *w = &h->windows[LAYOUT_ENTRIES_INDEX];
	uint64_t *slots = (uint64_t *)((char *)h + w->offset);

	(void)unused;
	CHECK(intern(h, pcs, 2, 64, 0) == entry && failure_off() == LAYOUT_OFF_NOT);
	for (uint64_t i = 0; i < w->used / 8; i++) {
		slots[i] |= slots[i] != 0 ? 0xfffffff0u : 0;
	}
	(void)intern(h, pcs, 2, 64, 0);
	CHECK(failure_off() == LAYOUT_OFF_TABLE && h->off == LAYOUT_OFF_TABLE);
	state_finish(true);
}

/* What stood in the live table. */
static void damaged_number(void *unused)
{
	struct layout_header *h = start("8m");
	uintptr_t pcs[] = {0x401000, 0x402000};
	uint32_t entry = intern(h, pcs, 2, 64, 0);

	(void)unused;
	stacks_alloc(h, entry);
	stacks_free(h, entry);
	CHECK(failure_off() == LAYOUT_OFF_NOT);
	stacks_free(h, entry + 1);
	stacks_free(h, 0x7fffffff);
	CHECK(failure_off() == LAYOUT_OFF_TABLE && h->counts.failures == 2);
	state_finish(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"damaged index", shm_apart_test, NULL, NULL, (void *)damaged_index},
		{"damaged number", shm_apart_test, NULL, NULL, (void *)damaged_number},
		{"extreme addresses", shm_apart_test, NULL, NULL, (void *)extreme_addresses},
		{"keys apart", shm_apart_test, NULL, NULL, (void *)keys_apart},
		{"counts", shm_apart_test, NULL, NULL, (void *)counts},
		{"shards", shm_apart_test, NULL, NULL, (void *)shards},
		{"shards, full", shm_apart_test, NULL, NULL, (void *)shards_full},
		{"growth", shm_apart_test, NULL, NULL, (void *)growth},
		{"full", shm_apart_test, NULL, NULL, (void *)full},
		{"no memory", shm_apart_test, NULL, NULL, (void *)no_memory},
	};

	seed = seed_of_run();
	return cmocka_run_group_tests(tests, shm_setup, shm_teardown);
}
