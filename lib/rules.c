/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules.c - the cache of rules, and who is asked for a new one
 *
 * Source: own. A set-associative cache whose entries are single words (rules.h tells the form).
 *
 * Slot:   empty (0) --store--> taken --store--> taken by another pc, or empty again (forgotten)
 *
 * Ordering promises: 1. none between slots, each word is complete in itself. 2. A table is
 * published by release after it was filled, read by acquire. 3. A wide rule is published by the
 * release of its state byte; a RULE_WIDE word may be seen earlier than the state: the walk then is
 * cut. Progress: lookups are wait-free (8 probes); learners never wait for each other here.
 *
 * Growth: 1,024 slots (8 KiB) at first, four times more whenever half of them are taken, to
 * 131,072. An old table is never unmapped, for a handler or another thread may be reading it: a
 * third more memory in all. A rule that is kept in the old table meanwhile is learned again.
 *
 * Forgetting against learning: a learner notes the generation first, and takes its rule back if the
 * generation is another one after it was kept. See modules.c.
 */
#include "rules.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "arch.h"
#include "gotext.h"
#include "modules.h"
#include "modules_watch.h"
#include "rules_cfi.h"
#include "rules_code.h"
#include "sys.h"

#define BITS_FIRST 10
#define BITS_READY 14
#define BITS_MOST  17
#define LEARN_ROOM 8192 /* bytes of stack that learning may take; a walk took 3,760 in all */
#define PC_MOST	   (1ull << 47)

static struct {
	struct rules_table *table;
	uint32_t growing; /* how many came since somebody began to grow the table; 0: nobody does */
	uint64_t bytes;
} rules;

const struct rules_table *rules_table(void)
{
	if (modules_closing()) {
		return NULL;
	}
	return atomic_load_acquire(&rules.table); /* PAIR rules-table: table_publish() */
}

uint64_t rules_bytes(void)
{
	return atomic_load_relaxed(&rules.bytes) + rule_wide_bytes(); /* counters */
}

uint32_t rules_lookup_slow(const struct rules_table *t, uint64_t x)
{
	uint64_t at = x >> t->shift;

	for (unsigned i = 1; i < 8; i++) {
		uint32_t rule = rules_word(&t->slots[at ^ i], x);

		if (rule != RULE_NONE) {
			return rule;
		}
	}
	return RULE_NONE;
}

static void *memory_get(size_t size)
{
	void *p = sys_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (sys_failed(p)) {
		return NULL;
	}
	atomic_add_relaxed(&rules.bytes, size);
	return p;
}

/* The hash of a slot's word: its lower 40 bits are in the word, the upper 7 are the line's. */
static uint64_t slot_hash(const struct rules_table *t, size_t slot, uint64_t word)
{
	uint64_t line_bits = ((uint64_t)slot << t->shift) & (127ull << 57);

	return line_bits | ((word >> RULE_BITS << RULE_BITS) >> 7);
}

static void slot_store(struct rules_table *t, uint64_t x, uint32_t rule)
{
	uint64_t at = x >> t->shift;
	uint64_t word = (x << 7) + rule;

	for (unsigned i = 0; i < 8; i++) {
		/* Relaxed: the words are complete in themselves. */
		if (atomic_load_relaxed(&t->slots[at ^ i]) == 0) {
			atomic_store_relaxed(&t->slots[at ^ i], word);
			atomic_add_relaxed(&t->used, 1);
			return;
		}
	}
	/* Any of the eight, in turns: by its own slot, two that meet there would never be known. */
	at ^= atomic_add_relaxed(&t->replaced, 1) % 8;
	atomic_store_relaxed(&t->slots[at], word);
}

static void table_copy(struct rules_table *to, const struct rules_table *from)
{
	size_t n = 1ull << (64 - from->shift);

	for (size_t i = 0; i < n; i++) {
		uint64_t word = atomic_load_relaxed(&from->slots[i]); /* complete in itself */

		if (word) {
			slot_store(to, slot_hash(from, i, word), word & ((1u << RULE_BITS) - 1));
		}
	}
}

static void table_publish(unsigned bits)
{
	struct rules_table *old = atomic_load_acquire(&rules.table);
	struct rules_table *t;
	uint64_t generation = modules_generation();

	if (old && 64 - old->shift >= bits) {
		return;
	}
	t = memory_get(sizeof *t + (sizeof(uint64_t) << bits));
	if (!t) {
		return;
	}
	t->shift = 64 - bits;
	if (old) {
		table_copy(t, old);
	}
	atomic_store_release(&rules.table, t); /* PAIR rules-table: rules_table() */
	if (generation != modules_generation()) {
		rules_forget_all();
	}
}

/* A thread may be gone from its growing, by a jump or its end: after so many the next one takes
 * over. Where it was only slow, both publish, and rules that one of them lacks are learned again.
 */
#define GROW_TURNS 256u

static void table_grow(unsigned bits)
{
	uint32_t came = atomic_load_relaxed(&rules.growing);

	if (!atomic_cas_acquire(&rules.growing, came, came + 1) || /* PAIR rules-growing: below */
	    came % GROW_TURNS != 0) {
		return;
	}
	table_publish(bits < BITS_MOST ? bits : BITS_MOST);
	atomic_store_release(&rules.growing, 0u); /* PAIR rules-growing: above */
}

static struct rules_table *table_for_store(void)
{
	struct rules_table *t = atomic_load_acquire(&rules.table);
	unsigned bits = t ? 64 - t->shift : 0;

	if (!t) {
		table_grow(BITS_FIRST);
	} else if (atomic_load_relaxed(&t->used) > (1u << bits) / 2 && bits < BITS_MOST) {
		table_grow(bits + 2);
	} else {
		return t;
	}
	return atomic_load_acquire(&rules.table);
}

static void rule_keep(uintptr_t pc, uint32_t rule, uint64_t generation)
{
	struct rules_table *t = modules_closing() ? NULL : table_for_store();
	uint64_t x = pc * RULES_HASH;
	uint64_t word = (x << 7) + rule;

	if (!t) {
		return;
	}
	slot_store(t, x, rule);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* the slot before the generation: dlclose() */
	if (generation == modules_generation()) {
		return;
	}
	for (unsigned i = 0; i < 8; i++) {
		atomic_cas_relaxed(&t->slots[(x >> t->shift) ^ i], word, 0);
	}
}

/* Whether bytes of code end with a call: E8 rel32, or FF /2 in one of its lengths. */
static bool call_in(const uint8_t *end)
{
	static const uint8_t lengths[] = {2, 3, 4, 6,
					  7}; /* register or memory, SIB, displacement */

	if (end[-5] == 0xe8) {
		return true;
	}
	for (unsigned i = 0; i < sizeof lengths; i++) {
		const uint8_t *at = end - lengths[i];

		if (at[0] == 0xff && (at[1] & 0x38) == 0x10) {
			return true;
		}
	}
	return false;
}

bool rules_call_ends(uintptr_t pc)
{
	struct module m;
	uint8_t bytes[8];
	struct iovec iov = {(void *)(pc - 7), 7};

	if (modules_find(pc - 1, &m)) {
		if (!modules_executable(&m, pc - 1)) {
			return false;
		}
		/* Code that can be run but not read proves nothing either way. */
		return !modules_readable(&m, pc - 7, 7) || call_in((const uint8_t *)pc);
	}
	return pc > 7 && sys_peek(bytes, 7, &iov, 1) == 7 && call_in(bytes + 7);
}

/* Where no information is: from the code itself. */
static uint32_t learn_code(const struct module *m, uintptr_t pc, bool exact)
{
	uint32_t rule;

	if (modules_readable(m, pc, 9) && arch_is_sigreturn((const uint8_t *)pc)) {
		return rule_sigreturn();
	}
	if (rules_code_learn(m, pc, exact, &rule)) {
		return rule;
	}
	return rule_make(RULE_BARE, 0, 0);
}

static uint32_t learn_module(const struct module *m, uintptr_t pc, bool exact, bool *keep)
{
	const struct gotext *go = gotext_of(m, pc - 1);
	uint32_t rule = go ? gotext_rule(go, pc) : RULE_NONE;
	bool call;

	if (rule != RULE_NONE) {
		return rule;
	}
	rule = rule_make(RULE_CUT, 0, 0);
	if (!modules_executable(m, pc - 1)) {
		return rule_make(RULE_STRAY, 0, 0);
	}
	call = rules_call_ends(pc);
	switch (rules_cfi_learn(m, pc, &rule)) {
	case RULES_CFI_FOUND:
		break;
	case RULES_CFI_NONE:
		rule = learn_code(m, pc, exact);
		break;
	case RULES_CFI_BAD:
		rule = rule_make(RULE_CUT, 0, 0);
		break;
	}
	/* The outermost frame and the signal trampoline are returned to without a call. */
	if (call || rule_kind(rule) == RULE_END ||
	    (rule_kind(rule) == RULE_WIDE && rule_wide_of(rule)->signal)) {
		return rule;
	}
	if (exact) {
		*keep = false;
		return rule;
	}
	/* The start of a function as a return address: put there for the outermost function of a
	 * stack that was made by hand, as makecontext does. */
	return rules_cfi_starts(m, pc) ? rule_make(RULE_END, RULE_END_START, 0)
				       : rule_make(RULE_STRAY, 0, 0);
}

uint32_t rules_learn(uintptr_t pc, bool exact, uintptr_t room)
{
	uint64_t generation = modules_generation();
	struct module m;
	bool keep = true;
	uint32_t rule;

	if (pc < 4096 || pc >= PC_MOST) {
		return rule_make(RULE_STRAY, 0, 0);
	}
	if (room < LEARN_ROOM) {
		return rule_make(RULE_CUT, 0, 0);
	}
	if (modules_find(pc - 1, &m)) {
		rule = learn_module(&m, pc, exact, &keep);
		keep = keep && modules_watch(&m);
	} else if (exact || rules_call_ends(pc)) {
		rule = rule_make(RULE_FOREIGN, 0, 0);
		keep = !exact;
	} else {
		rule = rule_make(RULE_STRAY, 0, 0);
		keep = false; /* the page may get code later, and in a sandbox nobody could look */
	}
	if (keep) {
		rule_keep(pc, rule, generation);
	}
	return rule;
}

bool rules_saves(uintptr_t pc, unsigned reg, uintptr_t room, int32_t *offset)
{
	struct module m;

	return room >= LEARN_ROOM && modules_find(pc - 1, &m) &&
	       rules_cfi_saves(&m, pc, reg, offset);
}

void rules_ready(void)
{
	table_grow(BITS_READY);
	rule_wide_ready();
}

/* The inverse of an odd number, modulo a power of two: each round doubles the bits that are right.
 */
static uint64_t inverse(uint64_t k)
{
	uint64_t inv = k;

	for (int i = 0; i < 6; i++) {
		inv *= 2 - k * inv;
	}
	return inv;
}

static uintptr_t slot_pc(const struct rules_table *t, size_t slot, uint64_t word)
{
	return (slot_hash(t, slot, word) >> 17) * inverse(RULES_HASH >> 17) & (PC_MOST - 1);
}

static void forget(bool all)
{
	struct rules_table *t = atomic_load_acquire(&rules.table);
	size_t n = t ? 1ull << (64 - t->shift) : 0;
	struct module m = {0};

	for (size_t i = 0; i < n; i++) {
		uint64_t word = atomic_load_relaxed(&t->slots[i]); /* complete in itself */
		uintptr_t pc = word ? slot_pc(t, i, word) : 0;

		if (!word || (!all && pc - 1 - m.start < m.end - m.start)) {
			continue;
		}
		if (!all && modules_find(pc - 1, &m)) {
			continue;
		}
		m.end = m.start = 0;
		if (atomic_cas_relaxed(&t->slots[i], word, 0)) {
			atomic_sub_relaxed(&t->used, 1);
		}
	}
}

void rules_forget_unmapped(void)
{
	forget(false);
}

void rules_forget_all(void)
{
	forget(true);
}

void rules_block_freed(const void *p)
{
	if (modules_watch_freed(p)) {
		rules_forget_unmapped();
	}
}

void rules_fork_child(void)
{
	modules_watch_fork_child();
	if (modules_fork_child()) {
		rules_forget_all();
	}
	atomic_store_relaxed(&rules.growing, 0u); /* whoever was at it is not here */
}
