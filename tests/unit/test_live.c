/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/live.o lib/filter.o lib/state.o lib/place.o lib/config.o lib/fmt.o lib/say.o */
/* objects: lib/program.o */
/* objects: lib/poisson.o tests/unit/fake_sys.o */
/*
 * Proves: the table is a map: 100,000 random adds and takes give what a plain array gives; an
 * address that comes again replaces its old record; slots are reused, so that a table that breathes
 * does not grow; a full one refuses, and loses nothing that it holds.
 * Fails when: a look-up misses a bucket that an add may choose, or a free is lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "apart.h"
#include "filter.h"
#include "live.h"
#include "poisson.h"
#include "shm.h"
#include "stacks.h"

static uint64_t seed;

static struct layout_header *start(const char *memory)
{
	shm_config(memory, "512k");
	CHECK(state_make());
	return state_enter();
}

/* How many slots hold an address: what a reader of the file finds. */
static unsigned held(struct layout_header *h)
{
	struct layout_view view = {.header = h, .bytes = h->file_bytes};
	uint64_t bytes;
	const struct layout_slot *slots = (const void *)layout_region(&view, LAYOUT_LIVE, &bytes);
	unsigned n = 0;

	for (uint64_t i = 0; i < bytes / sizeof(*slots); i++) {
		CHECK(slots[i].addr != LAYOUT_SLOT_CLAIMED);
		n += slots[i].addr != 0;
	}
	return n;
}

static void take(struct layout_header *h, uintptr_t addr, uint32_t entry)
{
	struct live_block block = {0};

	CHECK(live_take(h, addr, &block));
	CHECK(block.entry == entry && block.born == ~entry);
	CHECK(!live_take(h, addr, &block));
}

static void as_a_model(void *unused)
{
	enum { ADDRESSES = 8192, STEPS = 100000 / (LESS > 1 ? 4 : 1) };
	static uint32_t model[ADDRESSES]; /* entry + 1; 0: not there */
	struct layout_header *h = start("8m");
	uint64_t state = seed;
	unsigned there = 0, replaced = 0;

	(void)unused;
	for (unsigned i = 0; i < STEPS; i++) {
		uint64_t r = poisson_next(&state);
		uint32_t which = r % ADDRESSES, entry = (uint32_t)(r >> 32) & 0xffffff;
		uintptr_t addr = 0x7f0000000010u + (uintptr_t)which * 48;
		bool growing = i / 10000 % 2 == 0;

		CHECK(model[which] == 0 || filter_may_hold((void *)addr));
		if ((r >> 20 & 7) < (growing ? 5 : 2)) {
			struct live_block old, block = {.entry = entry, .born = ~entry};

			CHECK(live_add(h, addr, block, &old));
			CHECK(old.entry == model[which] - 1); /* none: STACKS_NONE is -1 */
			CHECK(model[which] == 0 || old.born == ~old.entry);
			replaced += model[which] != 0;
			there += model[which] == 0;
			model[which] = entry + 1;
		} else if (model[which] != 0) {
			take(h, addr, model[which] - 1);
			model[which] = 0;
			there--;
		} else {
			struct live_block block;

			CHECK(!live_take(h, addr, &block));
		}
		if (i % 5000 == 0) {
			CHECK(held(h) == there);
		}
	}
	CHECK(replaced > 200);
	for (uint32_t which = 0; which < ADDRESSES; which++) {
		if (model[which] != 0) {
			take(h, 0x7f0000000010u + (uintptr_t)which * 48, model[which] - 1);
		}
	}
	CHECK(held(h) == 0);
	for (uint32_t i = 1; i < FILTER_SLOTS; i++) {
		CHECK(filter_counts[i] == 0);
	}
	state_finish(true);
}

/* Two thousand blocks at a time, always others: the table stays as large as they need. */
static void reuse(void *unused)
{
	struct layout_header *h = start("8m");
	struct live_block old, block;
	uint64_t used = 0;

	(void)unused;
	for (unsigned round = 0; round < 100 / (LESS > 1 ? 5 : 1); round++) {
		uintptr_t first = 0x10000000u + (uintptr_t)round * 0x1000010u;

		for (uint32_t i = 0; i < 2000; i++) {
			block = (struct live_block){.entry = i, .born = ~i};
			CHECK(live_add(h, first + (uintptr_t)i * 64, block, &old));
			CHECK(old.entry == STACKS_NONE);
		}
		CHECK(round < 10 || h->windows[LAYOUT_LIVE].used == used);
		used = h->windows[LAYOUT_LIVE].used;
		for (uint32_t i = 0; i < 2000; i++) {
			take(h, first + (uintptr_t)i * 64, i);
		}
	}
	CHECK(used <= 4 * 2000 * sizeof(struct layout_slot));
	state_finish(true);
}

static void full(void *unused)
{
	enum { BLOCKS = 70000 / LESS };
	static bool there[BLOCKS];
	struct layout_header *h = start("1m");
	struct live_block old, block;
	unsigned n = 0;

	(void)unused;
	if (LESS > 1) { /* a smaller one is full sooner */
		fake_sys_fail(1u << FAKE_MPROTECT, 2, 12);
		fake_sys()->fail_on = true;
	}
	for (uint32_t i = 0; i < BLOCKS; i++) {
		block = (struct live_block){.entry = i, .born = ~i};
		there[i] = live_add(h, 0x7f0000000000u + (uintptr_t)(i + 1) * 4096, block, &old);
		n += there[i];
		CHECK(h->reserved <= h->budget);
	}
	/* The budget holds 65,280 slots, in levels of doubling size. */
	CHECK(n > BLOCKS / 8 && n < BLOCKS);
	CHECK(held(h) == n);
	for (uint32_t i = 0; i < BLOCKS; i++) {
		uintptr_t addr = 0x7f0000000000u + (uintptr_t)(i + 1) * 4096;

		if (there[i]) {
			take(h, addr, i);
		} else {
			CHECK(!live_take(h, addr, &block));
		}
	}
	CHECK(live_add(h, 0x1230, block, &old)); /* and there is room again */
	state_finish(true);
}

/* What is known of the old block is gone even when there is no room for the new one: it was freed.
 */
static void replaced_when_full(void *unused)
{
	struct layout_header *h = start("1m");
	struct live_block old, block = {.entry = 1, .born = ~1u};
	uintptr_t addr = 16;

	(void)unused;
	if (LESS > 1) {
		fake_sys_fail(1u << FAKE_MPROTECT, 2, 12);
		fake_sys()->fail_on = true;
	}
	while (live_add(h, addr, block, &old)) {
		addr += 4096;
	}
	CHECK(live_add(h, 16, (struct live_block){.entry = 2, .born = ~2u}, &old));
	CHECK(old.entry == 1);
	take(h, 16, 2);
	state_finish(true);
}

static void no_memory(void *unused)
{
	struct layout_header *h = start("8m");
	struct live_block old, block = {.entry = 5, .born = ~5u};

	(void)unused;
	CHECK(!live_take(h, 16, &block));
	fake_sys_fail(1u << FAKE_MPROTECT | 1u << FAKE_MADVISE, 1, 12);
	fake_sys()->fail_on = true;
	CHECK(!live_add(h, 16, block, &old));
	CHECK(!filter_may_hold((void *)16));
	fake_sys()->fail_at = 0;
	CHECK(live_add(h, 16, block, &old));
	take(h, 16, 5);
	state_finish(true);
}

static void run_apart(void **state)
{
	assert_int_equal(apart((void (*)(void *)) * state, NULL), 0);
	assert_int_equal(shm_files(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"as a model", run_apart, NULL, NULL, (void *)as_a_model},
		{"reuse", run_apart, NULL, NULL, (void *)reuse},
		{"full", run_apart, NULL, NULL, (void *)full},
		{"replaced when full", run_apart, NULL, NULL, (void *)replaced_when_full},
		{"no memory", run_apart, NULL, NULL, (void *)no_memory},
	};

	seed = seed_of_run();
	return cmocka_run_group_tests(tests, shm_setup, shm_teardown);
}
