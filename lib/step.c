/* SPDX-License-Identifier: Apache-2.0 */
/*
 * step.c - the steps of a walk that are not common
 *
 * Each ends with STEP_ON only where every word that it read was proven to lie on a stack, and the
 * caller's frame lies further out. What cannot be proven is STEP_CUT.
 */
#include "step.h"

#include "failure.h"
#include "made.h"
#include "modules.h"
#include "rules.h"
#include "rules_code.h"

#define RED_ZONE   128
#define SWITCH_GAP 96 /* asmcgocall leaves at most so much below the stack pointer it found */

/* Whether the word at @at may be read: at or above sp, inside the span. */
static inline bool in_frame(const struct walk *w, uintptr_t at)
{
	return at >= w->r.sp && at < w->span.hi && w->span.hi - at >= 8 && at % 8 == 0;
}

static bool cfa_fits(const struct walk *w, uintptr_t cfa)
{
	return cfa > w->r.sp && cfa <= w->span.hi && cfa % 8 == 0;
}

static uintptr_t place(const struct walk *w, uint8_t base, uintptr_t cfa, int32_t offset)
{
	uintptr_t from = base == RULE_AT_CFA ? cfa : base == RULE_AT_SP ? w->r.sp : w->r.fp;

	return from + (uintptr_t)(intptr_t)offset;
}

/* Another register than the two that are followed, in a frame that called: it is as it was then
 * until
 * @callee has saved it, whose frame ends at sp if a common rule led here from it. All between our
 * own frame and sp can be read, where both lie on this stack. */
static bool other_register(const struct walk *w, unsigned reg, uintptr_t callee, uintptr_t *value)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	const struct rules_table *t = rules_table();
	uint32_t rule = t && callee ? rules_lookup(t, callee) : RULE_NONE;
	int32_t offset;

	if ((rule_kind(rule) != RULE_SP && rule_kind(rule) != RULE_FP) || w->exact == callee ||
	    w->exact == w->r.pc || !rules_saves(callee, reg, w->room, &offset)) {
		return false;
	}
	uintptr_t at = w->r.sp + (uintptr_t)(intptr_t)offset;

	if (here < w->span.lo || at < here || at >= w->r.sp || at % 8) {
		return false;
	}
	*value = step_word(at);
	return true;
}

static enum step step_wide(struct walk *w, uint32_t rule, uintptr_t callee)
{
	const struct rule_wide *r = rule_wide_of(rule);
	uintptr_t cfa, pc_at, fp_at, fp = w->r.fp;

	if (!r) {
		if (rule_cfa(rule) / 8 >= RULE_WIDE_MOST) {
			failure_note(LAYOUT_OFF_RULE);
		}
		return STEP_CUT;
	}
	cfa = r->cfa_base == RULE_AT_SP ? w->r.sp : w->r.fp;
	if (r->cfa_base == RULE_AT_OTHER &&
	    !other_register(w, (unsigned)r->cfa_place, callee, &cfa)) {
		return STEP_CUT;
	}
	if (r->cfa_loaded) {
		cfa += (uintptr_t)(intptr_t)r->cfa_place;
		if (!in_frame(w, cfa)) {
			return STEP_CUT;
		}
		cfa = step_word(cfa);
	}
	cfa += (uintptr_t)(intptr_t)r->cfa_offset;
	pc_at = place(w, r->pc_base, cfa, r->pc_offset);
	fp_at = place(w, r->fp_base, cfa, r->fp_offset);
	if (!in_frame(w, pc_at) || (r->fp_base != RULE_UNCHANGED && !in_frame(w, fp_at))) {
		return STEP_CUT;
	}
	if (r->fp_base != RULE_UNCHANGED) {
		fp = step_word(fp_at);
	}
	w->r.pc = step_word(pc_at);
	w->r.fp = fp;
	if (!r->signal) {
		if (!cfa_fits(w, cfa)) {
			return STEP_CUT;
		}
		w->r.sp = cfa;
		return STEP_ON;
	}
	w->r.pc++;
	w->exact = w->r.pc;
	if ((cfa <= w->r.sp || cfa >= w->span.hi || cfa % 8) && !step_span_enter(w, cfa)) {
		return STEP_CUT;
	}
	w->r.sp = cfa;
	return STEP_ON;
}

/* The frame pointer rule, for code that tells nothing of itself. */
static enum step step_by_fp(struct walk *w, uintptr_t fp_most)
{
	uintptr_t cfa = w->r.fp + 16;

	if (w->r.fp < w->r.sp || w->r.fp > fp_most || !cfa_fits(w, cfa)) {
		return STEP_CUT;
	}
	w->r.pc = step_word(w->r.fp + 8);
	w->r.fp = step_word(w->r.fp);
	w->r.sp = cfa;
	return STEP_ON;
}

static enum step step_go_switch(struct walk *w, uint32_t rule)
{
	uintptr_t g_at = w->r.sp + rule_switch_g(rule);
	uintptr_t depth_at = w->r.sp + rule_switch_depth(rule);
	uintptr_t frame = rule_save(rule);
	struct span span;
	uintptr_t depth, sp;

	if (!in_frame(w, g_at) || !in_frame(w, depth_at)) {
		return STEP_CUT;
	}
	depth = step_word(depth_at);
	if (!spans_of_g(step_word(g_at), &span) || depth % 8 || depth > span.hi - span.lo ||
	    depth < frame + 8) {
		return STEP_CUT;
	}
	sp = span.hi - depth;
	w->system = w->span;
	w->system_sp = w->r.sp;
	w->span.lo = sp;
	w->span.hi = span.hi;
	w->r.sp = sp + frame + 8;
	w->r.pc = step_word(w->r.sp - 8);
	if (frame >= 8) {
		w->r.fp = step_word(w->r.sp - 16);
	}
	return STEP_ON;
}

static enum step step_go_noswitch(struct walk *w, uint32_t rule)
{
	uintptr_t frame = rule_save(rule);
	uintptr_t at = w->r.sp + rule_switch_depth(rule);
	uintptr_t cfa;

	if (!in_frame(w, at)) {
		return STEP_CUT;
	}
	cfa = step_word(at) + frame + 8;
	if (!cfa_fits(w, cfa) || cfa - w->r.sp > SWITCH_GAP + frame + 8) {
		return STEP_CUT;
	}
	w->r.pc = step_word(cfa - 8);
	if (frame >= 8) {
		w->r.fp = step_word(cfa - 16);
	}
	w->r.sp = cfa;
	return STEP_ON;
}

/* cgocallback runs Go code on the goroutine's stack, but its frame pointer leads to its frame on
 * the system stack, right above what asmcgocall left there when that Go code called C again. */
static enum step step_go_back(struct walk *w, uint32_t rule)
{
	uintptr_t cfa = w->r.fp + 16;
	uintptr_t sp = cfa - rule_cfa(rule);
	struct span span;

	if (w->r.fp % 8) {
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
	w->r.pc = step_word(w->r.fp + 8);
	w->r.fp = step_word(w->r.fp);
	w->r.sp = cfa;
	w->span = span;
	w->system.hi = 0;
	return STEP_ON;
}

/* systemstack, called on a goroutine: its frame pointer leads to its frame there, where Go's
 * assembler gave it one (from 1.21 on). */
static enum step step_go_system(struct walk *w, uint32_t rule)
{
	if (rule_cfa(rule) < 16 || w->r.fp < 4096 || !step_span_enter(w, w->r.fp)) {
		return STEP_CUT;
	}
	w->r.sp = w->r.fp;
	return step_by_fp(w, w->r.fp);
}

/* Code of no module. By the code itself where that tells; where it counts from sp, sp has to be
 * right, and it is not where a frame pointer led to a frame whose arguments are popped, too. Else
 * by the frame pointer, if that is seen to lead to the next frame and no further. */
static enum step step_foreign(struct walk *w)
{
	struct unwind_regs before = w->r;
	enum rules_code_made by;
	struct module m;
	uint32_t rule;

	if (modules_find(w->r.pc - 1, &m)) { /* a module has come to where code was made before */
		return STEP_CUT;
	}
	made_note(w->r.pc);
	by = rules_code_learn_made(w->r.pc, w->exact == w->r.pc, &rule);
	if (by != RULES_CODE_NONE && !(rule_kind(rule) == RULE_SP && w->loose) &&
	    step_fast(&w->r, w->span.hi, rule) == STEP_ON) {
		w->loose |= by == RULES_CODE_USES;
		w->told = made_is_near(before.pc, w->r.pc) ? w->r.pc : 0;
		return STEP_ON;
	}
	w->r = before;
	w->loose = true;
	return made_is_next(&w->r, &w->span) ? step_by_fp(w, w->span.hi) : STEP_CUT;
}

/* Everything but the three common rules. */
static enum step step_other(struct walk *w, uint32_t rule, uintptr_t callee)
{
	if (rule_kind(rule) == RULE_STRAY && w->exact == w->r.pc) {
		rule = rules_learn(w->r.pc, true, w->room);
	}
	switch (rule_kind(rule)) {
	case RULE_END:
		return rule_cfa(rule) ? STEP_END_START : STEP_END;
	case RULE_WIDE:
		return step_wide(w, rule, callee);
	case RULE_GO_FAULT:
		if (!step_go(&w->r, w->span.hi, rule_cfa(rule))) {
			return STEP_CUT;
		}
		w->exact = ++w->r.pc;
		return STEP_ON;
	case RULE_GO_SPWRITE:
		return step_by_fp(w, w->r.sp + rule_cfa(rule) + 16);
	case RULE_GO_SWITCH:
		return step_go_switch(w, rule);
	case RULE_GO_NOSWITCH:
		return step_go_noswitch(w, rule);
	case RULE_GO_BACK:
		return step_go_back(w, rule);
	case RULE_GO_SYSTEM:
		return step_go_system(w, rule);
	case RULE_BARE:
		return spans_is_first(w->r.sp) ? STEP_END : STEP_CUT;
	case RULE_FOREIGN:
		return step_foreign(w);
	case RULE_STRAY: /* HotSpot's interpreter returns to places that no call is before */
		return w->told == w->r.pc ? step_foreign(w) : STEP_STRAY;
	case RULE_CUT:
		return STEP_CUT;
	default: /* nobody makes or keeps such a one */
		failure_note(LAYOUT_OFF_RULE);
		return STEP_CUT;
	}
}

/* A frame that a signal interrupted between restoring fp and its return: the place that fp was
 * saved at is below the stack pointer then, in the red zone, which nobody writes to meanwhile. */
static enum step step_restored(struct walk *w, uint32_t rule)
{
	uintptr_t cfa = (rule_kind(rule) == RULE_SP ? w->r.sp : w->r.fp) + rule_cfa(rule);
	uintptr_t at = cfa - rule_save(rule);

	if (w->exact != w->r.pc || (rule_kind(rule) != RULE_SP && rule_kind(rule) != RULE_FP) ||
	    !cfa_fits(w, cfa) || at >= w->r.sp || w->r.sp - at > RED_ZONE || at < w->span.lo) {
		return STEP_CUT;
	}
	w->r.pc = step_word(cfa - 8);
	w->r.fp = step_word(at);
	w->r.sp = cfa;
	return STEP_ON;
}

enum step step_slow(struct walk *w, uint32_t rule, uintptr_t callee)
{
	enum step s = STEP_CUT;

	if (rule == RULE_NONE) {
		rule = rules_learn(w->r.pc, w->exact == w->r.pc, w->room);
		s = step_fast(&w->r, w->span.hi, rule);
	} else if (rule_kind(rule) != RULE_SP && rule_kind(rule) != RULE_FP &&
		   rule_kind(rule) != RULE_GO) {
		s = STEP_OTHER;
	}
	if (s == STEP_CUT) {
		return step_restored(w, rule);
	}
	return s == STEP_OTHER ? step_other(w, rule, callee) : s;
}
