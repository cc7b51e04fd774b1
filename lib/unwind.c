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

#include "atomics.h"
#include "failure.h"
#include "made.h"
#include "memo.h"
#include "modules.h"
#include "rules.h"
#include "rules_code.h"
#include "spans.h"

/* Beyond so many frames a stack is cut: a runaway recursion that allocates is walked each time. */
#define STEPS_MOST  (1u << 12)
#define SHORT_WALKS 64u
#define OUTER_MOST  16
#define RED_ZONE    128
#define SWITCH_GAP  96 /* asmcgocall leaves at most so much below the stack pointer it found */

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

static struct {
	uintptr_t endless;    /* the last stack pointer from which STEPS_MOST did not do; 0: none */
	uint32_t short_walks; /* for lack of them, ever */
} self;

enum step { STEP_ON, STEP_OTHER, STEP_END, STEP_END_START, STEP_CUT, STEP_STRAY };

static inline uintptr_t word_at(uintptr_t at)
{
	return *(const uintptr_t *)at;
}

/* Whether the word at @at may be read: at or above sp, inside the span. */
static inline bool in_frame(const struct walk *w, uintptr_t at)
{
	return at >= w->r.sp && at < w->span.hi && w->span.hi - at >= 8 && at % 8 == 0;
}

static bool cfa_fits(const struct walk *w, uintptr_t cfa)
{
	return cfa > w->r.sp && cfa <= w->span.hi && cfa % 8 == 0;
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
	uintptr_t from = base == RULE_AT_CFA ? cfa : base == RULE_AT_SP ? w->r.sp : w->r.fp;

	return from + (uintptr_t)(intptr_t)offset;
}

static enum step step_wide(struct walk *w, uint32_t rule)
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
	w->r.pc = word_at(pc_at);
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
	if ((cfa <= w->r.sp || cfa >= w->span.hi || cfa % 8) && !span_enter(w, cfa)) {
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
	w->r.pc = word_at(w->r.fp + 8);
	w->r.fp = word_at(w->r.fp);
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
	depth = word_at(depth_at);
	if (!spans_of_g(word_at(g_at), &span) || depth % 8 || depth > span.hi - span.lo ||
	    depth < frame + 8) {
		return STEP_CUT;
	}
	sp = span.hi - depth;
	w->system = w->span;
	w->system_sp = w->r.sp;
	w->span.lo = sp;
	w->span.hi = span.hi;
	w->r.sp = sp + frame + 8;
	w->r.pc = word_at(w->r.sp - 8);
	if (frame >= 8) {
		w->r.fp = word_at(w->r.sp - 16);
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
	cfa = word_at(at) + frame + 8;
	if (!cfa_fits(w, cfa) || cfa - w->r.sp > SWITCH_GAP + frame + 8) {
		return STEP_CUT;
	}
	w->r.pc = word_at(cfa - 8);
	if (frame >= 8) {
		w->r.fp = word_at(cfa - 16);
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
	w->r.pc = word_at(w->r.fp + 8);
	w->r.fp = word_at(w->r.fp);
	w->r.sp = cfa;
	w->span = span;
	w->system.hi = 0;
	return STEP_ON;
}

/* systemstack, called on a goroutine: its frame pointer leads to its frame there, where Go's
 * assembler gave it one (from 1.21 on). */
static enum step step_go_system(struct walk *w, uint32_t rule)
{
	if (rule_cfa(rule) < 16 || w->r.fp < 4096 || !span_enter(w, w->r.fp)) {
		return STEP_CUT;
	}
	w->r.sp = w->r.fp;
	return step_by_fp(w, w->r.fp);
}

/* The three common rules, on registers by value: in memory they would cost more than the reads.
 * Returns false, with *r unchanged, where the frame does not fit into the stack. */
static inline __attribute__((always_inline)) bool step_plain(struct unwind_regs *r, uintptr_t hi,
							     uintptr_t cfa, uintptr_t save)
{
	/* sp < cfa <= hi and sp <= cfa - save; sp <= hi always */
	if (cfa - r->sp - 8 > hi - r->sp - 8 || cfa == r->sp || save > cfa - r->sp) {
		return false;
	}
	r->pc = word_at(cfa - 8);
	if (save) {
		r->fp = word_at(cfa - save);
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
		r->pc = word_at(fp + 8);
		r->fp = word_at(fp);
		r->sp = fp + 16;
		return true;
	}
	r->pc = word_at(cfa - 8);
	if (frame >= 16) {
		r->fp = word_at(cfa - 16);
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
static __attribute__((noinline)) enum step step_other(struct walk *w, uint32_t rule)
{
	if (rule_kind(rule) == RULE_STRAY && w->exact == w->r.pc) {
		rule = rules_learn(w->r.pc, true, w->room);
	}
	switch (rule_kind(rule)) {
	case RULE_END:
		return rule_cfa(rule) ? STEP_END_START : STEP_END;
	case RULE_WIDE:
		return step_wide(w, rule);
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

/* @endless: the outermost frames were not reached, so those in the ring are any frames, other ones
 * at each depth of a recursion: leave them out, or it would fill the stack table. */
static size_t output_end(struct output *o, bool cut, bool endless, unsigned *flags)
{
	uintptr_t ring[OUTER_MOST];
	size_t inner = o->depth - o->outer;
	size_t keep = endless ? 0 : o->outer - cut;
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
	w->r.pc = word_at(cfa - 8);
	w->r.fp = word_at(at);
	w->r.sp = cfa;
	return STEP_ON;
}

/* What the loop does not do itself: rules to be learned, and rules that are not common. */
static __attribute__((noinline)) enum step step_slow(struct walk *w, uint32_t rule)
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
	return s == STEP_OTHER ? step_other(w, rule) : s;
}

/* Returns STEP_END when it reached the outermost frame, STEP_ON when it gave up on the way. @m may
 * be NULL; the two loops are the same, for what the one does more is little. */
static inline __attribute__((always_inline)) enum step walk_on(struct walk *w, struct output *o,
							       struct memo *m)
{
	const struct rules_table *t = rules_table();
	struct unwind_regs r = w->r, from;
	uintptr_t hi = w->span.hi;
	uint64_t generation = m ? modules_generation() : 0;
	uint32_t known = m && t && m->generation == generation ? m->n : 0;
	struct memo_frame led = {0};

	for (unsigned i = 0; i < w->most; i++) {
		size_t room = o->n < o->depth ? o->depth - o->n : 0;
		size_t proven = m ? memo_arrive(m, &r, hi, &led, &known, o->pcs + o->n, room) : 0;

		if (proven) {
			o->n += proven;
			return STEP_END;
		}
		uintptr_t pc = r.pc;
		uint32_t rule = t ? rules_lookup(t, pc) : RULE_NONE;

		from = r;
		enum step s = step_fast(&r, hi, rule);

		if (__builtin_expect(s == STEP_OTHER || s == STEP_CUT, 0)) {
			w->r = r;
			s = step_slow(w, rule);
			r = w->r;
			hi = w->span.hi;
			t = rules_table();
			if (m && s == STEP_END && rule != RULE_NONE && t) {
				memo_keep(m, 0, hi, generation);
			}
			if (m) {
				m->count = 0; /* what comes now is led to by more than two words */
			}
		} else if (m) {
			memo_note(&led, &from, &r, rule);
		}
		if (s == STEP_STRAY && o->n) {
			return STEP_CUT;
		}
		output_add(o, pc + (s == STEP_END_START));
		if (__builtin_expect(s != STEP_ON, 0)) {
			return s == STEP_END_START ? STEP_END : s;
		}
		if (__builtin_expect(r.pc <= 1,
				     0)) { /* so some coroutines mark their first frame */
			return STEP_END;
		}
		if (m && m->count == MEMO_FRAMES) {
			w->r = r;
			return STEP_OTHER;
		}
	}
	return STEP_ON;
}

static __attribute__((noinline)) enum step walk_plain(struct walk *w, struct output *o)
{
	return walk_on(w, o, NULL);
}

static enum step walk(struct walk *w, struct output *o, struct memo *m)
{
	enum step s = STEP_OTHER;

	if (m) {
		m->count = 0;
		s = walk_on(w, o, m);
	}
	return s == STEP_OTHER ? walk_plain(w, o) : s;
}

/* How far to go. Below a place on the same stack from which the end was not reached it will not be
 * reached either: so a recursion that allocates at each level costs no more at each level. That may
 * have changed, since other calls may have come and gone: now and then a whole walk looks. Only a
 * hint, of one thread at a time. */
static unsigned steps_for(const struct walk *w, uintptr_t sp, size_t depth)
{
	uintptr_t endless = atomic_load_relaxed(&self.endless);

	if (sp >= endless || endless >= w->span.hi ||
	    atomic_add_relaxed(&self.short_walks, 1) % SHORT_WALKS == SHORT_WALKS - 1) {
		return STEPS_MOST;
	}
	return (unsigned)depth + 1; /* what is kept of an endless walk, and the knowledge */
}

static void learn_end(const struct walk *w, uintptr_t sp, enum step last)
{
	if (w->most == STEPS_MOST && (last == STEP_ON || sp < atomic_load_relaxed(&self.endless))) {
		atomic_store_relaxed(&self.endless, last == STEP_ON ? sp : 0);
	}
}

size_t unwind_walk_memo(const struct unwind_regs *regs, struct memo *memo, uintptr_t *pcs,
			size_t depth, unsigned *flags)
{
	struct walk w = {.r = *regs, .may_ask = true};
	struct output o = {.pcs = pcs, .depth = depth};
	enum step last = STEP_CUT;

	o.outer = depth / 4 < 1 ? 1 : depth / 4 > OUTER_MOST ? OUTER_MOST : depth / 4;
	if (span_enter(&w, w.r.sp)) {
		w.room = w.may_ask ? w.r.sp - w.span.lo : UINTPTR_MAX;
		w.most = steps_for(&w, regs->sp, depth);
		last = walk(&w, &o, memo);
		learn_end(&w, regs->sp, last);
	} else {
		output_add(&o, w.r.pc);
	}
	return output_end(&o, last != STEP_END, last == STEP_ON, flags);
}

size_t unwind_walk(const struct unwind_regs *regs, uintptr_t *pcs, size_t depth, unsigned *flags)
{
	return unwind_walk_memo(regs, NULL, pcs, depth, flags);
}
