/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/live.o lib/filter.o lib/state.o lib/place.o lib/config.o lib/fmt.o lib/say.o */
/* objects: lib/program.o */
/* objects: lib/poisson.o tests/unit/fake_sys.o */
/*
 * Proves: the table is a map: 100,000 random adds and takes give what a plain array gives, by the
 * one filter and by both, and a reader of the file finds the same; an address that comes again
 * replaces its old record; slots are reused, so that a table that breathes does not grow; blocks at
 * any regular distance fill it well; a full one refuses, and loses nothing that it holds.
 * Fails when: a look-up misses a line that an add may choose, a free is lost, or an address is not
 * told by its word and place.
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

static struct layout_header *start(const char *memory, const char *rate)
{
	shm_config(memory, rate);
	CHECK(state_make());
	return state_enter();
}

/* What a reader of the file finds: how many blocks, and whether they are those of the model. */
static unsigned held(struct layout_header *h, const uint32_t *model, uintptr_t (*addr_of)(uint32_t),
		     uint32_t addresses)
{
	struct layout_view view = {.header = h, .bytes = h->file_bytes};
	struct layout_live_walk walk = {0};
	unsigned n = 0, right = 0;
	uint64_t addr;
	uint32_t entry;

	while (layout_next_live(&view, &walk, &addr, &entry)) {
		n++;
	}
	for (uint32_t i = 0; i < addresses && model != NULL; i++) {
		right += model[i] != 0;
	}
	CHECK(model == NULL || right == n);
	walk = (struct layout_live_walk){0};
	while (model != NULL && layout_next_live(&view, &walk, &addr, &entry)) {
		uint32_t which = 0;

		/* The first four bits of an entry of the model choose nothing: its address does. */
		while (which < addresses && addr_of(which) != addr) {
			which++;
		}
		CHECK(which < addresses && model[which] == entry + 1);
	}
	return n;
}

/* Neighbours of 8, 16 and 48 bytes, pages, and both ends of what an address can be. */
static uintptr_t mixed_addr(uint32_t which)
{
	switch (which % 4) {
	case 0:
		return 0x7f0000000010u + (uintptr_t)which / 4 * 48;
	case 1:
		return 0x555500000000u + (uintptr_t)which / 4 * 8;
	case 2:
		return 16 + (uintptr_t)which / 4 * 4096;
	default:
		return 0x7ffffffffff8u - (uintptr_t)which / 4 * 16;
	}
}

static void take(struct layout_header *h, uintptr_t addr, uint32_t entry)
{
	uint32_t found = ~entry;

	CHECK(live_take(h, addr, &found));
	CHECK(found == entry);
	CHECK(!live_take(h, addr, &found));
}

static void as_a_model(const char *rate)
{
	enum { ADDRESSES = 8192, STEPS = 100000 / (LESS > 1 ? 4 : 1) };
	static uint32_t model[ADDRESSES]; /* entry + 1; 0: not there */
	struct layout_header *h = start("8m", rate);
	uint64_t state = seed;
	unsigned there = 0, replaced = 0;

	for (unsigned i = 0; i < STEPS; i++) {
		uint64_t r = poisson_next(&state);
		uint32_t which = r % ADDRESSES, entry = (uint32_t)(r >> 32) % 0xfffffe, old;
		uintptr_t addr = mixed_addr(which);
		bool growing = i / 10000 % 2 == 0;

		CHECK(model[which] == 0 ||
		      (filter_may_hold((void *)addr) && filter_holds((void *)addr)));
		if ((r >> 20 & 7) < (growing ? 5 : 2)) {
			live_expect(h, addr);
			CHECK(live_add(h, addr, entry, &old));
			CHECK(old == model[which] - 1); /* none: STACKS_NONE is -1 */
			replaced += model[which] != 0;
			there += model[which] == 0;
			model[which] = entry + 1;
		} else if (model[which] != 0) {
			take(h, addr, model[which] - 1);
			model[which] = 0;
			there--;
		} else {
			CHECK(!live_take(h, addr, &old));
		}
		if (i % 5000 == 0) {
			CHECK(held(h, i % 25000 == 0 ? model : NULL, mixed_addr, ADDRESSES) ==
			      there);
		}
	}
	CHECK(replaced > 200);
	for (uint32_t which = 0; which < ADDRESSES; which++) {
		if (model[which] != 0) {
			take(h, mixed_addr(which), model[which] - 1);
		}
		model[which] = 0;
	}
	CHECK(held(h, model, mixed_addr, ADDRESSES) == 0);
	for (uint32_t i = 1; i < FILTER_SLOTS; i++) {
		CHECK(filter_counts[i] == 0 || h->rates[0] == 1);
	}
	for (uint32_t which = 0; which < ADDRESSES; which++) {
		CHECK(h->rates[0] != 1 || !filter_holds((void *)mixed_addr(which)));
	}
	state_finish(true);
}

static void narrow(void *unused)
{
	(void)unused;
	as_a_model("512k");
}

static void wide(void *unused)
{
	(void)unused;
	as_a_model("1");
}

/* What no word can tell is refused, and there is nothing to be found. */
static void strange(void *unused)
{
	static const uintptr_t addrs[] = {1u << 20 | 1, 1ull << 47, UINTPTR_MAX - 7, 12};
	struct layout_header *h = start("8m", "1");
	uint32_t old;

	(void)unused;
	for (unsigned i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++) {
		CHECK(!live_add(h, addrs[i], 1, &old) && old == STACKS_NONE);
		CHECK(!live_take(h, addrs[i], &old));
	}
	CHECK(!live_add(h, 64, 0xffffff, &old) && live_add(h, 64, 0xfffffe, &old));
	take(h, 64, 0xfffffe);
	CHECK(held(h, NULL, NULL, 0) == 0);
	state_finish(true);
}

/* Two thousand blocks at a time, always others: the table stays as large as they need. */
static void reuse(void *unused)
{
	struct layout_header *h = start("8m", "512k");
	uint64_t used = 0;
	uint32_t old;

	(void)unused;
	for (unsigned round = 0; round < 100 / (LESS > 1 ? 5 : 1); round++) {
		uintptr_t first = 0x10000000u + (uintptr_t)round * 0x1000010u;

		for (uint32_t i = 0; i < 2000; i++) {
			CHECK(live_add(h, first + (uintptr_t)i * 64, i, &old));
			CHECK(old == STACKS_NONE);
		}
		CHECK(round < 10 || h->windows[LAYOUT_LIVE].used == used);
		used = h->windows[LAYOUT_LIVE].used;
		for (uint32_t i = 0; i < 2000; i++) {
			take(h, first + (uintptr_t)i * 64, i);
		}
	}
	CHECK(used <= 4 * 2000 * 16);
	state_finish(true);
}

/* 90,000 blocks at each distance from 16 bytes to 16 MiB, and at odd ones between: the levels of
 * 1.3 MiB have 174,080 slots. */
static void distances(void *unused)
{
	enum { BLOCKS = 90000 / LESS };
	struct layout_header *h = start("64m", "1");
	uint64_t most = 0;
	uint32_t old;

	(void)unused;
	for (uintptr_t distance = 16; distance <= 16u << 20;
	     distance += distance / 3 / 16 * 16 + 16) {
		for (uint32_t i = 0; i < BLOCKS; i++) {
			CHECK(live_add(h, 0x10000 + i * distance, i, &old));
		}
		for (uint32_t i = 0; i < BLOCKS; i++) {
			CHECK(live_take(h, 0x10000 + i * distance, &old) && old == i);
		}
		most = h->windows[LAYOUT_LIVE].used;
	}
	CHECK(most <= 1400u << 10);
	state_finish(true);
}

static void full(void *unused)
{
	enum { BLOCKS = 140000 / LESS };
	static bool there[BLOCKS];
	struct layout_header *h = start("1m", "512k");
	unsigned n = 0;
	uint32_t old;

	(void)unused;
	if (LESS > 1) { /* a smaller one is full sooner */
		fake_sys_fail(1u << FAKE_MPROTECT, 2, 12);
		fake_sys()->fail_on = true;
	}
	for (uint32_t i = 0; i < BLOCKS; i++) {
		there[i] = live_add(h, 0x7f0000000000u + (uintptr_t)(i + 1) * 4096, i, &old);
		n += there[i];
		CHECK(h->reserved <= h->budget);
	}
	/* The budget holds 130,560 slots, in levels; the first level alone has 512. */
	CHECK(n > (LESS > 1 ? 400 : BLOCKS / 4 * 3) && n < BLOCKS);
	CHECK(held(h, NULL, NULL, 0) == n);
	for (uint32_t i = 0; i < BLOCKS; i++) {
		uintptr_t addr = 0x7f0000000000u + (uintptr_t)(i + 1) * 4096;

		if (there[i]) {
			take(h, addr, i);
		} else {
			CHECK(!live_take(h, addr, &old));
			CHECK(!filter_may_hold((void *)addr) || n > 100);
		}
	}
	CHECK(live_add(h, 0x1230, 1, &old)); /* and there is room again */
	state_finish(true);
}

/* What is known of the old block is gone even when there is no room for the new one: it was freed.
 */
static void replaced_when_full(void *unused)
{
	struct layout_header *h = start("1m", "512k");
	uintptr_t addr = 16;
	uint32_t old;

	(void)unused;
	if (LESS > 1) {
		fake_sys_fail(1u << FAKE_MPROTECT, 2, 12);
		fake_sys()->fail_on = true;
	}
	while (live_add(h, addr, 1, &old)) {
		addr += 4096;
	}
	CHECK(live_add(h, 16, 2, &old));
	CHECK(old == 1);
	take(h, 16, 2);
	state_finish(true);
}

static void no_memory(void *unused)
{
	struct layout_header *h = start("8m", "512k");
	uint32_t old;

	(void)unused;
	CHECK(!live_take(h, 16, &old));
	live_expect(h, 16);
	fake_sys_fail(1u << FAKE_MPROTECT | 1u << FAKE_MADVISE, 1, 12);
	fake_sys()->fail_on = true;
	CHECK(!live_add(h, 16, 5, &old));
	CHECK(!filter_may_hold((void *)16));
	fake_sys()->fail_at = 0;
	CHECK(live_add(h, 16, 5, &old));
	take(h, 16, 5);
	state_finish(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"as a model", shm_apart_test, NULL, NULL, (void *)narrow},
		{"as a model, wide", shm_apart_test, NULL, NULL, (void *)wide},
		{"strange", shm_apart_test, NULL, NULL, (void *)strange},
		{"distances", shm_apart_test, NULL, NULL, (void *)distances},
		{"reuse", shm_apart_test, NULL, NULL, (void *)reuse},
		{"full", shm_apart_test, NULL, NULL, (void *)full},
		{"replaced when full", shm_apart_test, NULL, NULL, (void *)replaced_when_full},
		{"no memory", shm_apart_test, NULL, NULL, (void *)no_memory},
	};

	seed = seed_of_run();
	return cmocka_run_group_tests(tests, shm_setup, shm_teardown);
}
