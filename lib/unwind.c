/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwind.c - walk a stack by rules
 *
 * The loop holds three registers and the span of memory that the stack pointer is in:
 *     span.lo <= sp <= span.hi, and every word that is read lies between sp and span.hi.
 * sp only grows inside a span; other spans are entered where a rule says so (a signal frame, Go's
 * switches between a goroutine's stack and the system stack), and the number of steps is bounded:
 * a walk ends whatever it meets.
 *
 * A program counter becomes a frame of the output only after a rule was found for it, so that what
 * was no return address does not look like one.
 *
 * Go frames are checked twice: by the distance that Go's tables give, and by the frame pointer,
 * which must point at the same frame. Following the frame pointer is what the processor waits for,
 * the comparison with the table is predicted, hence the barrier in go_step().
 *
 * Deep stacks: pcs[] keeps the innermost frames; the last `outer` of its places serve as a ring for
 * the frames beyond, and are put in order at the end.
 */
#include "unwind.h"

#include <stdbool.h>
#include <string.h>

#include "modules.h"
#include "rules.h"
#include "spans.h"

#define STEPS_MOST (1u << 17)
#define OUTER_MOST 16
#define SWITCH_GAP 96 /* asmcgocall leaves at most so much below the stack pointer it found */

struct walk {
	uintptr_t pc, sp, fp;
	struct span span;
	struct span system; /* the system stack that was left for a goroutine's; hi = 0: none */
	uintptr_t system_sp;
	uintptr_t room; /* bytes of stack that are left below the walk itself, if known */
	bool exact;	/* pc was interrupted at pc - 1 */
	bool may_ask;	/* the one system call of this walk is left */
};

enum step { STEP_ON, STEP_END, STEP_CUT, STEP_STRAY };

static inline uintptr_t word_at(uintptr_t at)
{
	return *(const uintptr_t *)at;
}

/* Whether the word at @at may be read: at or above sp, inside the span. */
static inline bool in_frame(const struct walk *w, uintptr_t at)
{
	return at >= w->sp && at < w->span.hi && w->span.hi - at >= 8 && at % 8 == 0;
}

static bool cfa_fits(const struct walk *w, uintptr_t cfa)
{
	return cfa > w->sp && cfa <= w->span.hi && cfa % 8 == 0;
}

/* Another stack goes on at @sp: a known one, or one that the walk's system call proves. */
static bool span_enter(struct walk *w, uintptr_t sp)
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

static uintptr_t place(const struct walk *w, uint8_t base, uintptr_t cfa, int32_t offset)
{
	uintptr_t from = base == RULE_AT_CFA ? cfa : base == RULE_AT_SP ? w->sp : w->fp;

	return from + (uintptr_t)(intptr_t)offset;
}

static enum step step_wide(struct walk *w, uint32_t rule)
{
	const struct rule_wide *r = rules_wide(rule);
	uintptr_t cfa, pc_at, fp_at, fp = w->fp;

	if (!r) {
		return STEP_CUT;
	}
	cfa = r->cfa_base == RULE_AT_SP ? w->sp : w->fp;
	if (r->cfa_loaded) {
		cfa += (uintptr_t)(intptr_t)r->cfa_place;
		if (!in_frame(w, cfa)) {
			return STEP_CUT;
		}
		cfa = word_at(cfa);
	}
	cfa += (uintptr_t)(intptr_t)r->cfa_offset;
	pc_at = place(w, r->pc_base, cfa, r->pc_offset);
	fp_at = place(w, r->fp_base, cfa, r->fp_offset);
	if (!in_frame(w, pc_at) || (r->fp_base != RULE_UNCHANGED && !in_frame(w, fp_at))) {
		return STEP_CUT;
	}
	if (r->fp_base != RULE_UNCHANGED) {
		fp = word_at(fp_at);
	}
	w->pc = word_at(pc_at);
	w->fp = fp;
	if (!r->signal) {
		w->exact = false;
		if (!cfa_fits(w, cfa)) {
			return STEP_CUT;
		}
		w->sp = cfa;
		return STEP_ON;
	}
	w->exact = true;
	w->pc++;
	if ((cfa <= w->sp || cfa >= w->span.hi || cfa % 8) && !span_enter(w, cfa)) {
		return STEP_CUT;
	}
	w->sp = cfa;
	return STEP_ON;
}

/* The frame pointer rule, for code that tells nothing of itself. */
static enum step step_by_fp(struct walk *w, uintptr_t fp_most)
{
	uintptr_t cfa = w->fp + 16;

	if (w->fp < w->sp || w->fp > fp_most || !cfa_fits(w, cfa)) {
		return STEP_CUT;
	}
	w->pc = word_at(w->fp + 8);
	w->fp = word_at(w->fp);
	w->sp = cfa;
	return STEP_ON;
}

static enum step step_foreign(struct walk *w)
{
	struct module m;

	if (modules_find(w->pc - 1, &m)) { /* a module has come to where code was made before */
		return STEP_CUT;
	}
	return step_by_fp(w, w->span.hi);
}

static enum step step_go_switch(struct walk *w, uint32_t rule)
{
	uintptr_t g_at = w->sp + rule_switch_g(rule);
	uintptr_t depth_at = w->sp + rule_switch_depth(rule);
	uintptr_t frame = rule_save(rule);
	struct span span;
	uintptr_t depth, sp;
	bool asked = false;
	bool found;

	if (!in_frame(w, g_at) || !in_frame(w, depth_at)) {
		return STEP_CUT;
	}
	found = spans_of_g(word_at(g_at), w->may_ask, &asked, &span);
	w->may_ask = w->may_ask && !asked;
	depth = word_at(depth_at);
	if (!found || depth % 8 || depth > span.hi - span.lo || depth < frame + 8) {
		return STEP_CUT;
	}
	sp = span.hi - depth;
	w->system = w->span;
	w->system_sp = w->sp;
	w->span.lo = sp;
	w->span.hi = span.hi;
	w->sp = sp + frame + 8;
	w->pc = word_at(w->sp - 8);
	if (frame >= 8) {
		w->fp = word_at(w->sp - 16);
	}
	return STEP_ON;
}

static enum step step_go_noswitch(struct walk *w, uint32_t rule)
{
	uintptr_t frame = rule_save(rule);
	uintptr_t at = w->sp + rule_switch_depth(rule);
	uintptr_t cfa;

	if (!in_frame(w, at)) {
		return STEP_CUT;
	}
	cfa = word_at(at) + frame + 8;
	if (!cfa_fits(w, cfa) || cfa - w->sp > SWITCH_GAP + frame + 8) {
		return STEP_CUT;
	}
	w->pc = word_at(cfa - 8);
	if (frame >= 8) {
		w->fp = word_at(cfa - 16);
	}
	w->sp = cfa;
	return STEP_ON;
}

/* cgocallback runs Go code on the goroutine's stack, but its frame pointer leads to its frame on
 * the system stack, right above what asmcgocall left there when that Go code called C again. */
static enum step step_go_back(struct walk *w, uint32_t rule)
{
	uintptr_t cfa = w->fp + 16;
	uintptr_t sp = cfa - rule_cfa(rule);
	struct span span;

	if (w->fp % 8) {
		return STEP_CUT;
	}
	if (w->system.hi) {
		span = w->system;
		if (sp <= w->system_sp || sp - w->system_sp > SWITCH_GAP) {
			return STEP_CUT;
		}
	} else if (!spans_of(sp, &span)) {
		return STEP_CUT;
	}
	if (sp < span.lo || cfa < sp || cfa > span.hi) {
		return STEP_CUT;
	}
	w->pc = word_at(w->fp + 8);
	w->fp = word_at(w->fp);
	w->sp = cfa;
	w->span = span;
	w->system.hi = 0;
	return STEP_ON;
}

/* systemstack, called on a goroutine: its frame pointer leads to its frame there, where Go's
 * assembler gave it one (from 1.21 on). */
static enum step step_go_system(struct walk *w, uint32_t rule)
{
	if (rule_cfa(rule) < 16 || w->fp < 4096 || !span_enter(w, w->fp)) {
		return STEP_CUT;
	}
	w->sp = w->fp;
	return step_by_fp(w, w->fp);
}

/* Everything but the three common rules. */
static __attribute__((noinline)) enum step step_other(struct walk *w, uint32_t rule)
{
	bool was_exact = w->exact;

	w->exact = false;
	if (rule_kind(rule) == RULE_STRAY && was_exact) {
		rule = rules_learn(w->pc, true, w->room);
	}
	switch (rule_kind(rule)) {
	case RULE_END:
		return STEP_END;
	case RULE_WIDE:
		return step_wide(w, rule);
	case RULE_GO_SPWRITE:
		return step_by_fp(w, w->sp + rule_cfa(rule) + 16);
	case RULE_GO_SWITCH:
		return step_go_switch(w, rule);
	case RULE_GO_NOSWITCH:
		return step_go_noswitch(w, rule);
	case RULE_GO_BACK:
		return step_go_back(w, rule);
	case RULE_GO_SYSTEM:
		return step_go_system(w, rule);
	case RULE_BARE:
		return step_by_fp(w, w->span.hi);
	case RULE_FOREIGN:
		return step_foreign(w);
	case RULE_STRAY:
		return STEP_STRAY;
	default:
		return STEP_CUT;
	}
}

/* A plain frame: CFA and the place of the saved frame pointer are known. */
static inline bool step_plain(struct walk *w, uintptr_t cfa, uintptr_t save)
{
	if (cfa - w->sp - 8 > w->span.hi - w->sp - 8 || cfa == w->sp || save > cfa - w->sp) {
		return false;
	}
	w->pc = word_at(cfa - 8);
	if (save) {
		w->fp = word_at(cfa - save);
	}
	w->sp = cfa;
	return true;
}

static inline bool step_go(struct walk *w, uint32_t rule)
{
	uintptr_t frame = rule_cfa(rule);
	uintptr_t cfa = w->sp + frame;
	uintptr_t fp = w->fp;

	if (frame > w->span.hi - w->sp) {
		return false;
	}
	if (__builtin_expect(fp + 16 == cfa, 1)) {
		__asm__("" : "+r"(fp)); /* or the compiler would go on with cfa, and wait for it */
		w->pc = word_at(fp + 8);
		w->fp = word_at(fp);
		w->sp = fp + 16;
		return true;
	}
	w->pc = word_at(cfa - 8);
	if (frame >= 16) {
		w->fp = word_at(cfa - 16);
	}
	w->sp = cfa;
	return true;
}

static inline enum step step(struct walk *w, uint32_t rule)
{
	bool ok;

	switch (rule_kind(rule)) {
	case RULE_SP:
		ok = step_plain(w, w->sp + rule_cfa(rule), rule_save(rule));
		break;
	case RULE_FP:
		ok = w->fp % 8 == 0 && w->fp >= w->sp &&
		     step_plain(w, w->fp + rule_cfa(rule), rule_save(rule));
		break;
	case RULE_GO:
		ok = step_go(w, rule);
		break;
	case RULE_GO_FAULT:
		ok = step_go(w, rule);
		w->pc++;
		w->exact = true;
		return ok ? STEP_ON : STEP_CUT;
	default:
		return step_other(w, rule);
	}
	w->exact = false;
	return ok ? STEP_ON : STEP_CUT;
}

struct output {
	uintptr_t *pcs;
	size_t depth, outer; /* places in all; of these, the ring */
	size_t n;	     /* frames seen */
};

static void output_ring(struct output *o, uintptr_t pc)
{
	size_t inner = o->depth - o->outer;

	o->pcs[inner + (o->n - inner) % o->outer] = pc;
	o->n++;
}

static inline void output_add(struct output *o, uintptr_t pc)
{
	if (__builtin_expect(o->n < o->depth, 1)) {
		o->pcs[o->n++] = pc;
	} else {
		output_ring(o, pc);
	}
}

static size_t output_end(struct output *o, bool cut, unsigned *flags)
{
	uintptr_t ring[OUTER_MOST];
	size_t inner = o->depth - o->outer;
	size_t keep = o->outer - cut;
	size_t n = o->n;

	*flags = cut ? UNWIND_CUT : 0;
	if (n > o->depth) {
		*flags |= UNWIND_DEEP;
		memcpy(ring, o->pcs + inner, o->outer * sizeof ring[0]);
		o->pcs[inner] = UNWIND_PC_ELLIPSIS;
		for (size_t i = 0; i < keep; i++) {
			o->pcs[inner + 1 + i] = ring[(n - keep + i - inner) % o->outer];
		}
		n = inner + 1 + keep;
	}
	if (cut) {
		o->pcs[n++] = UNWIND_PC_CUT;
	}
	return n;
}

static __attribute__((noinline, cold)) uint32_t learn(const struct walk *w)
{
	return rules_learn(w->pc, w->exact, w->room);
}

/* Returns whether the walk reached the outermost frame. */
static bool walk_on(struct walk *w, struct output *o)
{
	const struct rules_table *t = rules_table();

	for (unsigned i = 0; i < STEPS_MOST; i++) {
		uintptr_t pc = w->pc;
		uint32_t rule = t ? rules_lookup(t, pc) : RULE_NONE;
		enum step s;

		if (__builtin_expect(rule == RULE_NONE, 0)) {
			rule = learn(w);
			t = rules_table();
		}
		s = step(w, rule);
		if (s == STEP_STRAY && o->n) {
			return false;
		}
		output_add(o, pc);
		if (__builtin_expect(s != STEP_ON, 0)) {
			return s == STEP_END;
		}
		if (__builtin_expect(w->pc <= 1,
				     0)) { /* how some coroutines mark their first frame */
			return true;
		}
	}
	return false;
}

size_t unwind_walk(const struct unwind_regs *regs, uintptr_t *pcs, size_t depth, unsigned *flags)
{
	struct walk w = {.pc = regs->pc, .sp = regs->sp, .fp = regs->fp, .may_ask = true};
	struct output o = {.pcs = pcs, .depth = depth};
	bool whole = false;

	o.outer = depth / 4 < 1 ? 1 : depth / 4 > OUTER_MOST ? OUTER_MOST : depth / 4;
	if (span_enter(&w, w.sp)) {
		w.room = w.may_ask ? w.sp - w.span.lo : UINTPTR_MAX;
		whole = walk_on(&w, &o);
	} else {
		output_add(&o, w.pc);
	}
	return output_end(&o, !whole, flags);
}
