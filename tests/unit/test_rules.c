/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/sys.o lib/rule.o */
/*
 * Proves: the cache gives the rule of exactly the program counter that was kept, through growth,
 * crowding and forgetting; 64k program counters fit. Fails when: the word's form, the hash or its
 * inverse changes on one side only, or when a rule is kept that was learned from a module that
 * went.
 *
 * The cache is included whole; what it asks (Go's tables, unwind tables, modules) is answered here.
 */
#include "rules.c" /* NOLINT(bugprone-suspicious-include): whole, see above */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct {
	uint64_t generation;
	bool closing;
	uintptr_t module_lo, module_hi; /* the only module */
	uint32_t rule;			/* what the unwind tables say */
	enum rules_cfi answer;
	bool unwatched;
	bool raise; /* a module goes while the rule is learned */
	unsigned asked;
} fake;

uint64_t modules_generation(void)
{
	return fake.generation;
}

bool modules_closing(void)
{
	return fake.closing;
}

bool modules_fork_child(void)
{
	return false;
}

bool modules_watch(const struct module *m)
{
	(void)m;
	return !fake.unwatched;
}

bool modules_watch_freed(const void *p)
{
	return p == &fake;
}

void modules_watch_fork_child(void)
{
}

bool modules_find(uintptr_t address, struct module *m)
{
	memset(m, 0, sizeof *m);
	m->start = fake.module_lo;
	m->end = fake.module_hi;
	return address >= fake.module_lo && address < fake.module_hi;
}

bool modules_executable(const struct module *m, uintptr_t address)
{
	return address >= m->start && address < m->end;
}

bool modules_readable(const struct module *m, uintptr_t address, size_t n)
{
	(void)m, (void)address, (void)n;
	return false; /* so that every place may follow a call */
}

const struct gotext *gotext_of(const struct module *m, uintptr_t address)
{
	(void)m, (void)address;
	return NULL;
}

uint32_t gotext_rule(const struct gotext *go, uintptr_t pc)
{
	(void)go, (void)pc;
	return 0;
}

enum rules_cfi rules_cfi_learn(const struct module *m, uintptr_t pc, uint32_t *rule)
{
	(void)m, (void)pc;
	fake.asked++;
	fake.generation += fake.raise;
	*rule = fake.rule;
	return fake.answer;
}

bool rules_cfi_saves(const struct module *m, uintptr_t pc, unsigned reg, int32_t *offset)
{
	(void)m, (void)pc, (void)reg, (void)offset;
	return false;
}

bool rules_cfi_starts(const struct module *m, uintptr_t pc)
{
	(void)m, (void)pc;
	return false;
}

bool rules_code_learn(const struct module *m, uintptr_t pc, bool exact, uint32_t *rule)
{
	(void)m, (void)pc, (void)exact, (void)rule;
	return false;
}

static int setup(void **state)
{
	(void)state;
	rules_forget_all();
	memset(&fake, 0, sizeof fake);
	fake.module_lo = 0x400000;
	fake.module_hi = 0x7f0000000000;
	fake.rule = rule_make(RULE_SP, 5, 2);
	return 0;
}

static uint32_t lookup(uintptr_t pc)
{
	const struct rules_table *t = rules_table();

	return t ? rules_lookup(t, pc) : RULE_NONE;
}

static void numbers(void **state)
{
	static const enum rule_kind kinds[] = {RULE_SP, RULE_CUT, RULE_GO_FAULT, RULE_STRAY};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		uint32_t r = rule_make(kinds[i], RULE_CFA_MOST, RULE_SAVE_MOST);

		assert_true(r < 1u << RULE_BITS);
		assert_int_equal(rule_kind(r), kinds[i]);
		assert_int_equal(rule_cfa(r), RULE_CFA_MOST * 8);
		assert_int_equal(rule_save(r), RULE_SAVE_MOST * 8);
		r = rule_make(kinds[i], 3, 0);
		assert_int_equal(rule_cfa(r), 24);
		assert_int_equal(rule_save(r), 0);
	}
	uint32_t r = rule_switch(RULE_GO_SWITCH, 48, 40, 8);

	assert_int_equal(rule_kind(r), RULE_GO_SWITCH);
	assert_int_equal(rule_switch_g(r), 48);
	assert_int_equal(rule_switch_depth(r), 40);
	assert_int_equal(rule_save(r), 8);
}

static void learned_once(void **state)
{
	(void)state;
	assert_int_equal(lookup(0x401234), RULE_NONE);
	assert_int_equal(rules_learn(0x401234, false, 1 << 20), fake.rule);
	assert_int_equal(lookup(0x401234), fake.rule);
	assert_int_equal(lookup(0x401235), RULE_NONE);
	assert_int_equal(fake.asked, 1);
}

/* Addresses as programs have them: dense in a few modules. Random, with the seed told. */
static uintptr_t address(unsigned *seed)
{
	static const uintptr_t modules_at[] = {0x401000, 0x555555555000, 0x7efff0000000,
					       0x7effe0000000};
	uintptr_t at = modules_at[rand_r(seed) % 4];

	return at + (uintptr_t)rand_r(seed) % (1 << 22);
}

static void exact_and_roomy(void **state)
{
	enum { N = 70000 };
	static uintptr_t pcs[N];
	unsigned seed = (unsigned)(uintptr_t)&state, kept = 0;

	(void)state;
	print_message("seed %u\n", seed);
	for (unsigned i = 0; i < N; i++) {
		pcs[i] = address(&seed);
		fake.rule = rule_make(RULE_SP, (uint32_t)(pcs[i] * 7 % 1000 + 1), pcs[i] % 13);
		rules_learn(pcs[i], false, 1 << 20);
	}
	for (unsigned i = 0; i < N; i++) {
		uint32_t r = lookup(pcs[i]);

		if (r != RULE_NONE) {
			assert_int_equal(r, rule_make(RULE_SP, (uint32_t)(pcs[i] * 7 % 1000 + 1),
						      pcs[i] % 13));
			kept++;
		}
	}
	print_message("%u of %u kept\n", kept, N);
	assert_true(kept > 65536);
	for (unsigned i = 0; i < N; i++) { /* never asked for: never there */
		uintptr_t other = address(&seed) ^ (1ull << (20 + i % 26));

		fake.asked = 0;
		if (lookup(other) != RULE_NONE) {
			bool known = false;

			for (unsigned k = 0; k < N && !known; k++) {
				known = pcs[k] == other;
			}
			assert_true(known);
		}
	}
	assert_true(rules_bytes() < 1800 << 10);
}

/* Four times as many as there is room for: each new one finds its place, old ones make room, of the
 * newest most are there, and what is there is right. Two that want one slot do not take turns. */
static void old_ones_make_room(void **state)
{
	enum { N = 1 << 19 };
	unsigned there = 0, learned;

	(void)state;
	for (uintptr_t i = 0; i < N; i++) {
		uintptr_t pc = 0x401000 + i * 9;

		fake.rule = rule_make(RULE_SP, (uint32_t)(i % 1000 + 1), i % 13);
		rules_learn(pc, false, 1 << 20);
		assert_int_equal(lookup(pc), fake.rule);
	}
	for (uintptr_t i = 0; i < N; i++) {
		uint32_t r = lookup(0x401000 + i * 9);

		there += i >= N - 65536 && r != RULE_NONE;
		if (r != RULE_NONE) {
			assert_int_equal(r, rule_make(RULE_SP, (uint32_t)(i % 1000 + 1), i % 13));
		}
	}
	print_message("%u of the newest 65,536\n", there);
	assert_true(there > 40000);
	assert_true(rules_bytes() < 1800 << 10);

	const struct rules_table *t = rules_table();
	uintptr_t one = 0x401000, two = one + 1;

	while (two * RULES_HASH >> t->shift != one * RULES_HASH >> t->shift) {
		two++;
	}
	learned = fake.asked;
	for (unsigned i = 0; i < 200; i++) {
		uintptr_t pc = i % 2 != 0 ? one : two;

		if (lookup(pc) == RULE_NONE) {
			rules_learn(pc, false, 1 << 20);
		}
	}
	assert_true(fake.asked - learned <= 4);
}

static void slots_tell_pcs(void **state)
{
	(void)state;
	uintptr_t pc = 0x7efff0123457;

	rules_learn(pc, false, 1 << 20);
	const struct rules_table *t = rules_table();
	size_t n = 1ull << (64 - t->shift), found = 0;

	for (size_t i = 0; i < n; i++) {
		if (t->slots[i]) {
			assert_int_equal(slot_pc(t, i, t->slots[i]), pc);
			found++;
		}
	}
	assert_int_equal(found, 1);
}

static void forgets_what_is_unmapped(void **state)
{
	(void)state;
	rules_learn(0x401234, false, 1 << 20);
	rules_learn(0x7e0000001234, false, 1 << 20);
	fake.module_hi = 0x7e0000000000;
	rules_forget_unmapped();
	assert_int_equal(lookup(0x401234), fake.rule);
	assert_int_equal(lookup(0x7e0000001234), RULE_NONE);
	rules_forget_all();
	assert_int_equal(lookup(0x401234), RULE_NONE);
}

static void a_module_that_goes_meanwhile(void **state)
{
	(void)state;
	fake.raise = true;
	assert_int_equal(rules_learn(0x401234, false, 1 << 20), fake.rule);
	assert_int_equal(lookup(0x401234), RULE_NONE);
	fake.raise = false;
	rules_learn(0x401234, false, 1 << 20);
	fake.closing = true;
	assert_null(rules_table());
	rules_learn(0x401238, false, 1 << 20);
	fake.closing = false;
	assert_int_equal(lookup(0x401238), RULE_NONE);
}

static void modules_that_glibc_closes(void **state)
{
	(void)state;
	fake.unwatched = true;
	assert_int_equal(rules_learn(0x401234, false, 1 << 20), fake.rule);
	assert_int_equal(lookup(0x401234), RULE_NONE);
	fake.unwatched = false;
	rules_learn(0x401234, false, 1 << 20);
	rules_block_freed(&state);
	assert_int_equal(lookup(0x401234), fake.rule);
	fake.module_lo = 0x500000;
	rules_block_freed(&fake);
	assert_int_equal(lookup(0x401234), RULE_NONE);
}

static void not_now_is_not_kept(void **state)
{
	(void)state;
	assert_int_equal(rule_kind(rules_learn(0x401234, false, 100)), RULE_CUT); /* no room */
	assert_int_equal(lookup(0x401234), RULE_NONE);
}

static void no_addresses(void **state)
{
	static const uintptr_t bad[] = {0, 1, 2, 4095, 1ull << 47, UINTPTR_MAX};

	(void)state;
	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(rule_kind(rules_learn(bad[i], false, 1 << 20)), RULE_STRAY);
		assert_int_equal(lookup(bad[i]), RULE_NONE);
	}
	assert_int_equal(fake.asked, 0);
}

static void wide_rules(void **state)
{
	struct rule_wide w = {.cfa_base = RULE_AT_FP, .cfa_loaded = 1, .cfa_place = -8};
	uint32_t a = rule_wide_make(&w), b;

	(void)state;
	assert_int_equal(rule_wide_make(&w), a);
	w.cfa_place = -16;
	b = rule_wide_make(&w);
	assert_int_not_equal(a, b);
	assert_int_equal(rule_wide_of(a)->cfa_place, -8);
	assert_int_equal(rule_wide_of(b)->cfa_place, -16);
	for (int i = 0; i < 300; i++) {
		w.cfa_offset = i;
		b = rule_wide_make(&w);
	}
	assert_int_equal(rule_kind(b), RULE_CUT);
	assert_int_equal(rule_wide_of(a)->cfa_place, -8);
	assert_null(rule_wide_of(rule_make(RULE_WIDE, RULE_CFA_MOST, 0)));
}

static void calls(void **state)
{
	static const struct {
		uint8_t bytes[8];
		bool call;
	} cases[] = {
		{{0, 0, 0, 0xe8, 1, 2, 3, 4}, true},	   /* call rel32 */
		{{0, 0, 0, 0, 0, 0, 0xff, 0xd0}, true},	   /* call *%rax */
		{{0, 0, 0, 0, 0, 0x41, 0xff, 0xd5}, true}, /* call *%r13 */
		{{0, 0, 0xff, 0x15, 1, 2, 3, 4}, true},	   /* call *x(%rip) */
		{{0, 0, 0, 0, 0, 0xff, 0x53, 8}, true},	   /* call *8(%rbx) */
		{{0, 0, 0, 0, 0xff, 0x54, 0x24, 8}, true}, /* call *8(%rsp) */
		{{0, 0xff, 0x94, 0x24, 0, 1, 0, 0}, true}, /* call *256(%rsp) */
		{{0, 0, 0, 0xe9, 1, 2, 3, 4}, false},	   /* jmp */
		{{0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90}, false},
		{{0, 0, 0, 0, 0, 0, 0xff, 0xe0}, false}, /* jmp *%rax */
	};

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(call_in(cases[i].bytes + 8), cases[i].call);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(numbers, setup),
		cmocka_unit_test_setup(learned_once, setup),
		cmocka_unit_test_setup(slots_tell_pcs, setup),
		cmocka_unit_test_setup(forgets_what_is_unmapped, setup),
		cmocka_unit_test_setup(a_module_that_goes_meanwhile, setup),
		cmocka_unit_test_setup(modules_that_glibc_closes, setup),
		cmocka_unit_test_setup(not_now_is_not_kept, setup),
		cmocka_unit_test_setup(no_addresses, setup),
		cmocka_unit_test_setup(wide_rules, setup),
		cmocka_unit_test_setup(calls, setup),
		cmocka_unit_test_setup(exact_and_roomy, setup),
		cmocka_unit_test_setup(old_ones_make_room, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
