/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_cfi.c - a rule from a module's call frame information
 *
 * ehframe.c finds the entry, cfi.c tells the frame with symbols for the registers; here that
 * becomes a rule, if it has the form of one: the CFA is sp or fp + n, or a word on the stack + n,
 * or another register + n, and return address and frame pointer are words at places relative to
 * these.
 */
#include "rules_cfi.h"

#include "arch.h"
#include "cfi.h"
#include "ehframe.h"
#include "rule.h"

static bool fits(int64_t n)
{
	return n == (int32_t)n;
}

static bool is_loaded(const struct cfi_value *v)
{
	return v->kind == CFI_AT_SP || v->kind == CFI_AT_FP;
}

static bool cfa_to(const struct cfi_value *cfa, struct rule_wide *w)
{
	if (cfa->kind < CFI_SP || !fits(cfa->offset) || !fits(cfa->place)) {
		return false;
	}
	w->cfa_base = cfa->kind == CFI_SP || cfa->kind == CFI_AT_SP ? RULE_AT_SP
		      : cfa->kind == CFI_OTHER			    ? RULE_AT_OTHER
								    : RULE_AT_FP;
	w->cfa_loaded = is_loaded(cfa);
	w->cfa_place = (int32_t)cfa->place;
	w->cfa_offset = (int32_t)cfa->offset;
	return true;
}

/* A place becomes a word of the rule: relative to the CFA where it can be, else to sp or fp. */
static bool place_to(const struct cfi_place *p, const struct cfi_value *cfa, uint8_t *base,
		     int32_t *offset)
{
	int64_t n = p->offset;

	*base = RULE_AT_CFA;
	if (p->saved == CFI_SAVED && p->at.kind == cfa->kind && p->at.place == cfa->place) {
		n = p->at.offset - cfa->offset;
	} else if (p->saved == CFI_SAVED && (p->at.kind == CFI_SP || p->at.kind == CFI_FP)) {
		*base = p->at.kind == CFI_SP ? RULE_AT_SP : RULE_AT_FP;
		n = p->at.offset;
	} else if (p->saved != CFI_SAVED_CFA) {
		return false;
	}
	*offset = (int32_t)n;
	return fits(n);
}

/* Where the stack pointer is told of, it has to be what it always is: the CFA. */
static bool sp_is_cfa(const struct cfi_frame *f)
{
	struct cfi_value at = f->sp.at;

	if (f->sp.saved == CFI_UNCHANGED) {
		return true;
	}
	return f->sp.saved == CFI_SAVED && is_loaded(&f->cfa) && f->cfa.offset == 0 &&
	       at.kind == (f->cfa.kind == CFI_AT_SP ? CFI_SP : CFI_FP) && at.offset == f->cfa.place;
}

static bool wide_of(const struct cfi_frame *f, struct rule_wide *w)
{
	if (!cfa_to(&f->cfa, w) || !sp_is_cfa(f) ||
	    !place_to(&f->pc, &f->cfa, &w->pc_base, &w->pc_offset)) {
		return false;
	}
	if (f->fp.saved == CFI_UNCHANGED) {
		w->fp_base = RULE_UNCHANGED;
		return true;
	}
	return place_to(&f->fp, &f->cfa, &w->fp_base, &w->fp_offset);
}

static bool in_words(int32_t n, uint32_t most)
{
	return n > 0 && n % 8 == 0 && n / 8 <= (int32_t)most;
}

static uint32_t rule_of(const struct rule_wide *w)
{
	bool saved = w->fp_base != RULE_UNCHANGED;

	if (w->cfa_loaded || w->cfa_base == RULE_AT_OTHER || w->signal ||
	    w->pc_base != RULE_AT_CFA || w->pc_offset != -8 ||
	    !in_words(w->cfa_offset, RULE_CFA_MOST) ||
	    (saved && (w->fp_base != RULE_AT_CFA || !in_words(-w->fp_offset, RULE_SAVE_MOST)))) {
		return rule_wide_make(w);
	}
	return rule_make(w->cfa_base == RULE_AT_SP ? RULE_SP : RULE_FP, (uint32_t)w->cfa_offset / 8,
			 saved ? (uint32_t)-w->fp_offset / 8 : 0);
}

enum rules_cfi rules_cfi_learn(const struct module *m, uintptr_t pc, uint32_t *rule)
{
	struct rule_wide w = {.signal = 0};
	struct ehframe entry;
	struct cfi_frame frame;

	switch (ehframe_find(m, pc - 1, &entry)) {
	case EHFRAME_FOUND:
		break;
	case EHFRAME_NONE:
		return RULES_CFI_NONE;
	case EHFRAME_BAD:
		return RULES_CFI_BAD;
	}
	if (!cfi_frame_at(&entry, pc - 1, &frame)) {
		return RULES_CFI_BAD;
	}
	if (frame.pc.saved == CFI_UNDEFINED) {
		*rule = rule_make(RULE_END, 0, 0);
		return RULES_CFI_FOUND;
	}
	w.signal = entry.signal ||
		   (modules_readable(m, pc, 9) && arch_is_sigreturn((const uint8_t *)pc));
	if (!wide_of(&frame, &w)) {
		return RULES_CFI_BAD;
	}
	*rule = rule_of(&w);
	return rule_kind(*rule) == RULE_CUT ? RULES_CFI_BAD : RULES_CFI_FOUND;
}

bool rules_cfi_starts(const struct module *m, uintptr_t pc)
{
	struct ehframe entry;

	return ehframe_find(m, pc, &entry) == EHFRAME_FOUND && entry.start == pc;
}

bool rules_cfi_saves(const struct module *m, uintptr_t pc, unsigned reg, int32_t *offset)
{
	struct ehframe entry;
	int64_t at;

	if (ehframe_find(m, pc - 1, &entry) != EHFRAME_FOUND || entry.signal ||
	    !cfi_saves(&entry, pc - 1, reg, &at)) {
		return false;
	}
	*offset = (int32_t)at;
	return fits(at);
}
