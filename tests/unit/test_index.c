/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/index.o lib/state.o lib/place.o lib/filter.o lib/config.o lib/fmt.o lib/say.o */
/* objects: lib/program.o */
/* objects: tests/unit/fake_sys.o */
/*
 * Proves: what was added is found, through every doubling; equal hashes are told apart by the key;
 * an equal record that is there already wins; a full budget ends in INDEX_NONE, never in a loop or
 * in a wrong record; nor does an index that somebody was to make and did not.
 * Fails when: copying loses a slot, or the probe limit is not the same for finding and adding.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "apart.h"
#include "index.h"
#include "shm.h"

/* A record is a number, and its key is the number, too. */
static bool same(struct layout_header *h, uint32_t record, const void *key)
{
	(void)h;
	return record == *(const uint32_t *)key;
}

static uint32_t hash_of(uint32_t n)
{
	return n * 2654435769u;
}

static uint32_t find(struct layout_header *h, uint32_t hash, uint32_t n)
{
	return index_find(h, LAYOUT_FRAMES_INDEX, hash, same, &n);
}

static uint32_t add(struct layout_header *h, uint32_t hash, uint32_t n)
{
	return index_add(h, LAYOUT_FRAMES_INDEX, hash, n, same, &n);
}

static struct layout_header *start(const char *memory)
{
	shm_config(memory, "512k");
	CHECK(state_make());
	return state_enter();
}

static void grow(void *unused)
{
	struct layout_header *h = start("8m");

	(void)unused;
	CHECK(find(h, hash_of(1), 1) == INDEX_NONE);
	for (uint32_t n = 1; n <= 50000; n++) {
		CHECK(find(h, hash_of(n), n) == INDEX_NONE);
		CHECK(add(h, hash_of(n), n) == n);
		CHECK(find(h, hash_of(n), n) == n);
		CHECK(add(h, hash_of(n), n) == n);
	}
	for (uint32_t n = 1; n <= 50000; n++) {
		CHECK(find(h, hash_of(n), n) == n);
		CHECK(find(h, hash_of(n), n + 50000) == INDEX_NONE);
	}
	CHECK(h->frames_index.count == 50000);
	CHECK((h->frames_index.where & 0xff) == 17);
	CHECK(h->entries_index.where == 0);
	state_finish(true);
}

/* Somebody began to grow it and was never heard of again; and so did who took over. */
static void left_growing(void *unused)
{
	struct layout_header *h = start("8m");
	uint32_t lost = 0;

	(void)unused;
	h->frames_index.growing = 1;
	for (uint32_t n = 1; n <= 5000; n++) {
		lost += add(h, hash_of(n), n) == INDEX_NONE;
		if (n == 3000) {
			h->frames_index.growing = 1;
		}
	}
	CHECK(lost < 8 && h->frames_index.growing == 0);
	CHECK((h->frames_index.where & 0xff) == 13);
	h->frames_index.growing = 1; /* twice */
	for (uint32_t n = 5001; n <= 6000; n++) {
		CHECK(add(h, hash_of(n), n) == n);
	}
	h->frames_index.growing = h->frames_index.growing / 520 * 520 + 1;
	for (uint32_t n = 6001; n <= 12000; n++) {
		CHECK(add(h, hash_of(n), n) == n);
	}
	for (uint32_t n = 10; n <= 12000; n++) {
		CHECK(find(h, hash_of(n), n) == n);
	}
	state_finish(true);
}

/* A hundred keys of one hash are a run that the probe limit allows; the run may wrap around. */
static void equal_hashes(void *unused)
{
	struct layout_header *h = start("8m");

	(void)unused;
	for (uint32_t n = 1; n <= 100; n++) {
		CHECK(add(h, 0xffffffff, n) == n);
	}
	for (uint32_t n = 1; n <= 100; n++) {
		CHECK(find(h, 0xffffffff, n) == n);
		CHECK(find(h, 0xfffffffe, n) == INDEX_NONE);
	}
	for (uint32_t n = 101; n <= 200; n++) { /* past the limit: given up, not lost in */
		uint32_t got = add(h, 0xffffffff, n);

		CHECK(got == n || got == INDEX_NONE);
		CHECK(find(h, 0xffffffff, n) == got);
	}
	state_finish(true);
}

static void full(void *unused)
{
	struct layout_header *h = start("1m");
	uint32_t lost = 0;

	(void)unused;
	for (uint32_t n = 1; n <= 100000; n++) {
		uint32_t got = add(h, hash_of(n), n);

		lost += got == INDEX_NONE;
		CHECK(got == n || got == INDEX_NONE);
		CHECK(find(h, hash_of(n), n) == got);
	}
	CHECK(lost > 0);
	CHECK(h->frames_index.count + lost == 100000);
	CHECK(h->reserved <= h->budget);
	state_finish(true);
}

/* No memory at all for a first index. */
static void nothing(void *unused)
{
	struct layout_header *h = start("1m");

	(void)unused;
	fake_sys_fail(1u << FAKE_MPROTECT, 1, 12);
	fake_sys()->fail_on = true;
	CHECK(add(h, 1, 1) == INDEX_NONE);
	CHECK(find(h, 1, 1) == INDEX_NONE);
	fake_sys()->fail_at = 0;
	CHECK(add(h, 1, 1) == 1); /* and it is no grudge */
	CHECK(find(h, 1, 1) == 1);
	state_finish(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"grow", shm_apart_test, NULL, NULL, (void *)grow},
		{"left growing", shm_apart_test, NULL, NULL, (void *)left_growing},
		{"equal hashes", shm_apart_test, NULL, NULL, (void *)equal_hashes},
		{"full", shm_apart_test, NULL, NULL, (void *)full},
		{"nothing", shm_apart_test, NULL, NULL, (void *)nothing},
	};

	return cmocka_run_group_tests(tests, shm_setup, shm_teardown);
}
