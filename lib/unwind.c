/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwind.c - walk a stack by rules
 *
 * A loop over steps (step.h). The number of them is bounded: a walk ends whatever it meets.
 *
 * A program counter becomes a frame of the output only after a rule was found for it, so that what
 * was no return address does not look like one.
 *
 * Deep stacks: pcs[] keeps the innermost frames; the last `outer` of its places serve as a ring for
 * the frames beyond, and are put in order at the end.
 */
#include "unwind.h"

#include <stdbool.h>
#include <string.h>

#include "atomics.h"
#include "memo.h"
#include "modules.h"
#include "rules.h"
#include "step.h"

/* Beyond so many frames a stack is cut: a runaway recursion that allocates is walked each time. */
#define STEPS_MOST  (1u << 12)
#define SHORT_WALKS 64u
#define OUTER_MOST  16

static struct {
	uintptr_t endless;    /* the last stack pointer from which STEPS_MOST did not do; 0: none */
	uint32_t short_walks; /* for lack of them, ever */
} self;

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
			s = step_slow(w, rule, o->n - 1 < o->depth ? o->pcs[o->n - 1] : 0);
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

/* Code without tables whose own form does not tell either, such as a main() that never returns. */
static bool is_untold(uintptr_t pc)
{
	const struct rules_table *t = rules_table();
	uint32_t rule = t ? rules_lookup(t, pc) : RULE_NONE;

	return rule_kind(rule) == RULE_BARE || rule_kind(rule) == RULE_CUT ||
	       rule_kind(rule) == RULE_FOREIGN;
}

size_t unwind_walk_memo(const struct unwind_regs *regs, struct memo *memo, uintptr_t *pcs,
			size_t depth, unsigned *flags)
{
	struct walk w = {.r = *regs, .may_ask = true};
	struct output o = {.pcs = pcs, .depth = depth};
	enum step last = STEP_CUT;

	o.outer = depth / 4 < 1 ? 1 : depth / 4 > OUTER_MOST ? OUTER_MOST : depth / 4;
	if (step_span_enter(&w, w.r.sp)) {
		w.room = w.may_ask ? w.r.sp - w.span.lo : UINTPTR_MAX;
		w.most = steps_for(&w, regs->sp, depth);
		last = walk(&w, &o, memo);
		learn_end(&w, regs->sp, last);
	} else {
		output_add(&o, w.r.pc);
	}
	size_t n = output_end(&o, last != STEP_END, last == STEP_ON, flags);

	if (__builtin_expect(last == STEP_CUT && o.n == 1, 0) && is_untold(regs->pc)) {
		*flags |= UNWIND_UNTOLD;
	}
	return n;
}

size_t unwind_walk(const struct unwind_regs *regs, uintptr_t *pcs, size_t depth, unsigned *flags)
{
	return unwind_walk_memo(regs, NULL, pcs, depth, flags);
}
