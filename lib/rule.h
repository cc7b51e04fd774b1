/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule.h - the form of an unwind rule: 24 bits, and a table for the few that do not fit
 *
 * What a rule is, is told in rules.h; here is how it is written down. Who learns rules
 * (rules_cfi.c, rules_code.c, gotext.c) makes them, unwind.c reads them, rules.c keeps them.
 *
 * Invariants: rule_make() and its readers are inverse; a rule is below 1 << RULE_BITS; a RULE_WIDE
 * rule that was seen once means the same for ever.
 */
#ifndef LEAKTRACK_RULE_H
#define LEAKTRACK_RULE_H

#include <stdint.h>

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
	RULE_WIDE = 5, /* a form that does not fit: cfa is its number (rule_wide_of) */
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
#define RULE_WIDE_MOST 256u    /* numbers behind RULE_WIDE are below */

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
enum rule_base {
	RULE_AT_CFA,
	RULE_AT_SP,
	RULE_AT_FP,
	RULE_UNCHANGED,
	RULE_AT_OTHER, /* another register: as the frame that this one called saved it */
};

/* The general form: CFA is a register or the word at a place, plus an offset; return address and
 * frame pointer are words at places. Signal frames and frames with realigned stacks need it. */
struct rule_wide {
	int32_t cfa_place;  /* offset of the word that holds the CFA, if cfa_loaded; for
			       RULE_AT_OTHER  the register's number; else 0 */
	int32_t cfa_offset; /* to add to the word, or to the register */
	int32_t pc_offset, fp_offset;
	uint8_t cfa_base; /* RULE_AT_SP, RULE_AT_FP or RULE_AT_OTHER */
	uint8_t cfa_loaded;
	uint8_t pc_base, fp_base;
	uint8_t signal; /* the caller was interrupted: its pc is exact, its stack may be another */
	uint8_t state;	/* of the slot; rule.c alone */
	uint8_t pad[2];
};

/* rule_wide_of - the rule behind RULE_WIDE. NULL: no such number. Context: sample. */
const struct rule_wide *rule_wide_of(uint32_t rule);

/* rule_wide_make - a RULE_WIDE rule for @w, RULE_CUT when the table is full. Context: sample. */
uint32_t rule_wide_make(const struct rule_wide *w);

/* rule_sigreturn - the rule of what a signal handler returns to: the kernel's frame. Context:
 * sample. */
uint32_t rule_sigreturn(void);

/* rule_wide_ready - make the table now. Context: start. */
void rule_wide_ready(void);

/* rule_wide_bytes - memory that the table takes. Context: dump. */
uint64_t rule_wide_bytes(void);

#endif
