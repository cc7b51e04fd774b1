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

/* What a frame is: the rule's bits 0 to 2 and 23. Its two numbers are words of 8 bytes: `cfa` in
 * bits 3 to 16, so that masking it gives bytes, for every frame of a walk waits for that number;
 * `save` in bits 17 to 22. */
#define RULE_RARE 0x800000u
enum rule_kind {
	RULE_NONE = 0, /* not known: learn it */
	RULE_SP = 1,   /* CFA = sp + cfa; fp was saved at CFA - save, or is unchanged (0) */
	RULE_FP = 2,   /* CFA = fp + cfa; likewise */
	RULE_GO = 3,   /* Go: CFA = sp + cfa; fp was saved at CFA - 2 if fp points there */
	RULE_END = 4,  /* the outermost frame; cfa = RULE_END_START: it was not called, its pc is
			  exact */
	RULE_WIDE = 5, /* a form that does not fit: cfa is its number (rules_wide) */
	RULE_BARE = 6, /* nothing tells: the end if the stack ends here, else not known */
	RULE_CUT = 7,  /* cannot be unwound */

	RULE_GO_FAULT =
		RULE_RARE, /* as RULE_GO; the caller did not call but fault: its pc is exact */
	RULE_GO_SPWRITE,   /* Go assembly that moves sp: CFA = fp + 2 where that is plausible */
	RULE_GO_SWITCH,	   /* asmcgocall, from a goroutine's stack: see rule_switch_*() */
	RULE_GO_NOSWITCH,  /* asmcgocall, on the system stack already: likewise */
	RULE_GO_BACK,	   /* cgocallback, to the system stack: frame of cfa words there */
	RULE_GO_SYSTEM,	   /* systemstack, from a goroutine's stack, by frame pointer */
	RULE_FOREIGN,	   /* code of no module: made at run time. Ask again before each use */
	RULE_STRAY,	   /* no call ends there: right only for interrupted frames, if at all */
};

#define RULE_END_START 1u
#define RULE_BITS      24
#define RULE_CFA_MOST  0x3fffu /* 14 bits */
#define RULE_SAVE_MOST 0x3fu   /* 6 bits */

static inline uint32_t rule_make(enum rule_kind kind, uint32_t cfa, uint32_t save)
{
	return (uint32_t)kind | cfa << 3 | save << 17;
}

static inline enum rule_kind rule_kind(uint32_t rule)
{
	return (enum rule_kind)(rule & (RULE_RARE | 7));
}

static inline uintptr_t rule_cfa(uint32_t rule)
{
	return rule & RULE_CFA_MOST << 3;
}

static inline uintptr_t rule_save(uint32_t rule)
{
	return rule >> 14 & RULE_SAVE_MOST << 3;
}

/* asmcgocall's frame on the system stack: where g is, where the depth of the goroutine's stack (or
 * the stack pointer before, when it did not switch) is, and the size of its frame on the old stack
 * without the return address. All in bytes from sp, multiples of 8 below 1 KiB and 512. */
static inline uint32_t rule_switch(enum rule_kind kind, unsigned g, unsigned depth, unsigned frame)
{
	return rule_make(kind, g / 8 | depth / 8 << 7, frame / 8);
}

static inline uintptr_t rule_switch_g(uint32_t rule)
{
	return (uintptr_t)(rule >> 3 & 127) * 8;
}

static inline uintptr_t rule_switch_depth(uint32_t rule)
{
	return (uintptr_t)(rule >> 10 & 127) * 8;
}

/* A place, relative to a register of the frame. */
enum rule_base { RULE_AT_CFA, RULE_AT_SP, RULE_AT_FP, RULE_UNCHANGED };

/* The general form: CFA is a register or the word at a place, plus an offset; return address and
 * frame pointer are words at places. Signal frames and frames with realigned stacks need it. */
struct rule_wide {
	int32_t cfa_place;  /* offset of the word that holds the CFA; 0 if cfa_loaded is 0 */
	int32_t cfa_offset; /* to add to the word, or to the register */
	int32_t pc_offset, fp_offset;
	uint8_t cfa_base; /* RULE_AT_SP or RULE_AT_FP */
	uint8_t cfa_loaded;
	uint8_t pc_base, fp_base;
	uint8_t signal; /* the caller was interrupted: its pc is exact, its stack may be another */
	uint8_t state;	/* of the slot, used by rules.c alone */
	uint8_t pad[2];
};

/* A table of rules: one word a slot, sets of 8 slots in a cache line.
 *
 * x = pc * RULES_HASH holds in its upper 47 bits a permutation of the 47 bits of a program counter.
 * The slot is the uppermost `64 - shift` bits of x, or one of its 7 neighbours in the line; the
 * word is (x << 7) + rule. The smallest table has 128 lines, so the 7 bits that the word lacks are
 * given by the line, and a word tells its program counter whole: a hit is exact, not probable. */
struct rules_table {
	unsigned shift; /* 64 - log2(slots) */
	uint32_t used;	/* about how many slots are taken; relaxed counter */
	uint64_t pad[7];
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
 * Context: sample. Takes libunwind's lock (rules_cfi.h) for code that is not Go's. */
uint32_t rules_learn(uintptr_t pc, bool exact, uintptr_t room);

/* rules_wide - the rule behind RULE_WIDE. NULL: no such number. Context: sample. */
const struct rule_wide *rules_wide(uint32_t rule);

/* rules_wide_make - a RULE_WIDE rule for @w, RULE_CUT when the table is full. Context: sample. */
uint32_t rules_wide_make(const struct rule_wide *w);

/* rules_sigreturn - the rule of what a signal handler returns to: the kernel's frame. Context:
 * sample. */
uint32_t rules_sigreturn(void);

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

/* rules_bytes - memory that the cache takes. Context: dump. */
uint64_t rules_bytes(void);

#endif
