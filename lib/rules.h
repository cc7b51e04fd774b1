/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules.h - one unwind rule for each program counter
 *
 * A rule is 24 bits that say how to get from a frame to its caller: where the canonical frame
 * address (CFA, the stack pointer as the caller has it after the call) is, where the frame pointer
 * was saved, and what kind of frame it is. It depends on the code alone, never on a stack, so it is
 * learned once and kept in a lock-free cache.
 *
 * A program counter here is a return address: code is looked up at pc - 1. A frame that a signal
 * interrupted at E is asked for as E + 1.
 *
 * Invariants: rules_lookup() gives 0 or the rule that rules_learn() would give; no rule outlives
 * the module that it was learned from (modules.h); the cache takes no memory before the first rule
 * is kept, and at most 1.7 MiB (room for 131,072 program counters, grown in steps).
 *
 * Who may run at once: any number of lookups, learners and rules_forget_*(), in any threads and
 * handlers.
 */
#ifndef LEAKTRACK_RULES_H
#define LEAKTRACK_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "atomics.h"
#include "rule.h"

/* A table of rules: one word a slot, sets of 8 slots in a cache line.
 *
 * x = pc * RULES_HASH holds in its upper 47 bits a permutation of the 47 bits of a program counter.
 * The slot is the uppermost `64 - shift` bits of x, or one of its 7 neighbours in the line; the
 * word is (x << 7) + rule. The smallest table has 128 lines, so the 7 bits that the word lacks are
 * given by the line, and a word tells its program counter whole: a hit is exact, not probable. */
struct rules_table {
	unsigned shift;	   /* 64 - log2(slots) */
	uint32_t used;	   /* about how many slots are taken; relaxed counter */
	uint32_t replaced; /* how often an old one made room; relaxed counter */
	uint32_t pad[13];
	uint64_t slots[]; /* any order: a word is complete in itself */
};

#define RULES_HASH (0x9e3779b97f4bull << 17)

/* rules_table - the table to look into, for one walk. NULL: there is nothing to be found now.
 * Context: sample. */
const struct rules_table *rules_table(void);

static inline uint32_t rules_word(const uint64_t *slot, uint64_t x)
{
	uint64_t word = atomic_load_relaxed(slot); /* complete in itself */

	/* x << 7 has no bits where the rule is: it need not wait for the comparison. */
	return (word ^ (x << 7)) < (1u << RULE_BITS) ? word & ((1u << RULE_BITS) - 1) : RULE_NONE;
}

/* rules_lookup_slow - the other slots of the line, for rules_lookup(). Context: sample. */
uint32_t rules_lookup_slow(const struct rules_table *t, uint64_t x);

/* rules_lookup - the rule of @pc, RULE_NONE when it is not in the cache. Context: sample. */
static inline uint32_t rules_lookup(const struct rules_table *t, uintptr_t pc)
{
	uint64_t x = pc * RULES_HASH;
	uint32_t rule = rules_word(&t->slots[x >> t->shift], x);

	return __builtin_expect(rule != RULE_NONE, 1) ? rule : rules_lookup_slow(t, x);
}

/* rules_learn - find out the rule of @pc, and keep it if that is possible
 * @pc    not in the cache
 * @exact the frame was interrupted at pc - 1, so no call has to end at pc
 * @room  bytes of stack that are left below us; learning needs some
 * Returns a rule, RULE_CUT where none could be found; never RULE_NONE.
 * Context: sample. */
uint32_t rules_learn(uintptr_t pc, bool exact, uintptr_t room);

/* rules_saves - whether the frame of the code before @pc saved its caller's register of (DWARF's)
 * number @reg on the stack, at @offset from its CFA; @room as above. Not cached. Context: sample.
 */
bool rules_saves(uintptr_t pc, unsigned reg, uintptr_t room, int32_t *offset);

/* rules_call_ends - whether a call instruction ends at @pc, where the code can be read.
 * Context: sample. */
bool rules_call_ends(uintptr_t pc);

/* rules_ready - at a safe point: make the cache ready for a process that will allow no system calls
 * soon. Context: start. */
void rules_ready(void);

/* rules_forget_unmapped - drop the rules of addresses that no module owns. Context: sample. */
void rules_forget_unmapped(void);

/* rules_forget_all - drop all rules. Context: sample. */
void rules_forget_all(void);

/* rules_block_freed - a block is about to be freed; if it is what the loader knew of a module, the
 * module is gone, and its rules with it. Context: sample. */
void rules_block_freed(const void *p);

/* rules_fork_child - in a fork child, before its first sample. Context: sample. */
void rules_fork_child(void);

/* rules_bytes - memory that the cache takes. Context: dump. */
uint64_t rules_bytes(void);

#endif
