/* SPDX-License-Identifier: Apache-2.0 */
/*
 * step.h - one step of a walk: from a frame to its caller, by the frame's rule
 *
 * The walk holds three registers and the span of memory that the stack pointer is in:
 *     span.lo <= sp <= span.hi, and every word that is read lies between sp and span.hi.
 * sp only grows inside a span; other spans are entered where a rule says so (a signal frame, Go's
 * switches between a goroutine's stack and the system stack).
 *
 * Go frames are checked twice: by the distance that Go's tables give, and by the frame pointer,
 * which must point at the same frame. Following the frame pointer is what the processor waits for,
 * the comparison with the table is predicted, hence the barrier in step_go().
 *
 * The three common rules are here, to be inlined into the walk's loop (unwind.c); what is rare is
 * one call.
 */
#ifndef LEAKTRACK_STEP_H
#define LEAKTRACK_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "rule.h"
#include "spans.h"
#include "unwind.h"

struct walk {
	struct unwind_regs r;
	struct span span;
	struct span system; /* the system stack that was left for a goroutine's; hi = 0: none */
	uintptr_t system_sp;
	uintptr_t room;	 /* bytes of stack that are left below the walk itself, if known */
	uintptr_t exact; /* a pc that was interrupted, + 1, and not called from; 0: none */
	uintptr_t told;	 /* a pc that code made at run time returns to, as that code tells */
	bool loose;    /* sp is that of a frame pointer's frame: perhaps not all that was popped */
	bool may_ask;  /* the one system call of this walk is left */
	unsigned most; /* steps */
};

enum step { STEP_ON, STEP_OTHER, STEP_END, STEP_END_START, STEP_CUT, STEP_STRAY };

/* step_span_enter - another stack goes on at @sp: a known one, or one that the walk's system call
 * proves. Context: sample. */
static inline bool step_span_enter(struct walk *w, uintptr_t sp)
{
	if (sp % 8) {
		return false;
	}
	if (spans_of(sp, &w->span)) {
		return true;
	}
	if (!w->may_ask) {
		return false;
	}
	w->may_ask = false;
	return spans_probe(sp, &w->span);
}

/* step_slow - what the loop does not do itself: rules to be learned, and rules that are not common
 * @callee  the pc of the frame before, 0: not known. Context: sample. */
enum step step_slow(struct walk *w, uint32_t rule, uintptr_t callee);

static inline uintptr_t step_word(uintptr_t at)
{
	return *(const uintptr_t *)at;
}

/* The three common rules, on registers by value: in memory they would cost more than the reads.
 * Return false, with *r unchanged, where the frame does not fit into the stack. Context: sample. */
static inline __attribute__((always_inline)) bool step_plain(struct unwind_regs *r, uintptr_t hi,
							     uintptr_t cfa, uintptr_t save)
{
	/* sp < cfa <= hi and sp <= cfa - save; sp <= hi always */
	if (cfa - r->sp - 8 > hi - r->sp - 8 || cfa == r->sp || save > cfa - r->sp) {
		return false;
	}
	r->pc = step_word(cfa - 8);
	if (save) {
		r->fp = step_word(cfa - save);
	}
	r->sp = cfa;
	return true;
}

static inline __attribute__((always_inline)) bool step_go(struct unwind_regs *r, uintptr_t hi,
							  uintptr_t frame)
{
	uintptr_t cfa = r->sp + frame;
	uintptr_t fp = r->fp;

	if (frame > hi - r->sp) {
		return false;
	}
	if (__builtin_expect(fp + 16 == cfa, 1)) {
		__asm__("" : "+r"(fp)); /* or the compiler would go on with cfa, and wait for it */
		r->pc = step_word(fp + 8);
		r->fp = step_word(fp);
		r->sp = fp + 16;
		return true;
	}
	r->pc = step_word(cfa - 8);
	if (frame >= 16) {
		r->fp = step_word(cfa - 16);
	}
	r->sp = cfa;
	return true;
}

static inline __attribute__((always_inline)) enum step step_fast(struct unwind_regs *r,
								 uintptr_t hi, uint32_t rule)
{
	bool ok;

	switch (rule_kind(rule)) {
	case RULE_SP:
		ok = step_plain(r, hi, r->sp + rule_cfa(rule), rule_save(rule));
		break;
	case RULE_FP:
		ok = r->fp % 8 == 0 && r->fp >= r->sp &&
		     step_plain(r, hi, r->fp + rule_cfa(rule), rule_save(rule));
		break;
	case RULE_GO:
		ok = step_go(r, hi, rule_cfa(rule));
		break;
	default:
		return STEP_OTHER;
	}
	return ok ? STEP_ON : STEP_CUT;
}

#endif
