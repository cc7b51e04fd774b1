/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memo.h - what the last walk of a thread found, to be proven again where it would be walked again
 *
 * Most of a stack is what it was at the thread's last sample. A walk is a chain of loads, each of
 * which tells where the next one is; whether the words that it read last time are still what they
 * were is asked of all of them at once: a frame costs a tenth of what it costs to be walked.
 *
 * A step is a function of the frame's registers (pc, sp, fp), of the end of the span that they are
 * in, of the rule of pc, and of the two words that it reads: the return address below the new sp,
 * and where fp was saved. So a frame whose registers are those of a known frame, in a span of the
 * same end, has the callers that the known frame had, if the words that those were read from are
 * what they were, and no rule was forgotten meanwhile (modules_generation()). Nothing is assumed:
 * what is not proven is walked. Known are the outermost frames, up to the last step that was more
 * than two words: a signal's frame, a switch of stacks, a rule that is not in the cache.
 *
 * Not shared: it lies in a buffer that one thread holds at a time (scratch.h). Words are read at or
 * above sp and below the span's end only, as in a walk.
 */
#ifndef LEAKTRACK_MEMO_H
#define LEAKTRACK_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "atomics.h"
#include "rule.h"
#include "unwind.h"

#define MEMO_FRAMES 192u

struct memo_frame {
	uintptr_t pc, sp, fp;
	uintptr_t at, value; /* the second word that led here; the first is pc, at sp - 8 */
};

struct memo {
	uint64_t generation;		      /* of the rules */
	uintptr_t hi;			      /* where the span of all known frames ends */
	uint32_t n;			      /* of them; 0: nothing is known */
	uint32_t count;			      /* of the fresh ones */
	struct memo_frame known[MEMO_FRAMES]; /* outermost first */
	struct memo_frame fresh[MEMO_FRAMES]; /* of the walk that is going on, innermost first */
};

/* memo_prove - are the callers of known frame @frame what they were?
 * @pcs  filled with them, innermost first: @frame values
 * Returns 0 when they are, else a frame at or within which something changed. Context: sample. */
static inline uint32_t memo_prove(const struct memo *m, uint32_t frame, uintptr_t *pcs)
{
	uintptr_t changed = 0;

	for (uint32_t i = frame; i-- > 0;) {
		const struct memo_frame *f = &m->known[i];

		changed |= (*(const uintptr_t *)(f->sp - 8) ^ f->pc) |
			   (*(const uintptr_t *)f->at ^ f->value);
		*pcs++ = f->pc;
	}
	for (uint32_t i = frame; changed != 0 && i-- > 0;) {
		const struct memo_frame *f = &m->known[i];

		if (*(const uintptr_t *)(f->sp - 8) != f->pc ||
		    *(const uintptr_t *)f->at != f->value) {
			return i + 1;
		}
	}
	return 0;
}

/* memo_keep - a walk has ended at the outermost frame: below its fresh frames, the last of which is
 * the outermost, or is the known frame @frame, the @frame known ones stay. Context: sample. */
static inline void memo_keep(struct memo *m, uint32_t frame, uintptr_t hi, uint64_t generation)
{
	uint32_t end = frame + m->count;

	m->n = 0; /* a handler that jumps out of here leaves nothing */
	atomic_signal_barrier();
	for (uint32_t i = frame; i < end && i < MEMO_FRAMES; i++) {
		m->known[i] = m->fresh[end - 1 - i];
	}
	m->hi = hi;
	m->generation = generation;
	atomic_signal_barrier();
	m->n = end < MEMO_FRAMES ? end : MEMO_FRAMES;
}

/* memo_note - the words that the step from @from to @to read by a common rule. Context: sample. */
static inline void memo_note(struct memo_frame *led, const struct unwind_regs *from,
			     const struct unwind_regs *to, uint32_t rule)
{
	uintptr_t save = rule_save(rule);

	if (rule_kind(rule) == RULE_GO) {
		save = rule_cfa(rule) >= 16 || from->fp + 16 == to->sp ? 16 : 0;
	}
	led->at = to->sp - (save ? save : 8);
	led->value = save ? to->fp : to->pc;
}

/* memo_arrive - the walk has come to frame @r, led there by @led
 * @known  how many of the known frames may still be met
 * @pcs    where the walk's next frame goes; @room: for so many
 * Returns how many frames were put there, the stack's last among them; 0: walk on. Context: sample.
 */
static inline size_t memo_arrive(struct memo *m, const struct unwind_regs *r, uintptr_t hi,
				 const struct memo_frame *led, uint32_t *known, uintptr_t *pcs,
				 size_t room)
{
	const struct memo_frame *f = &m->known[*known];

	m->fresh[m->count++] = (struct memo_frame){r->pc, r->sp, r->fp, led->at, led->value};
	if (m->hi != hi) {
		return 0;
	}
	while (f != m->known && f[-1].sp < r->sp) {
		f--;
	}
	uint32_t k = *known = (uint32_t)(f - m->known);

	if (k == 0 || f[-1].sp != r->sp || f[-1].pc != r->pc || f[-1].fp != r->fp || k > room) {
		return 0;
	}
	*known = memo_prove(m, k - 1, pcs + 1);
	if (*known != 0) {
		return 0;
	}
	pcs[0] = r->pc;
	memo_keep(m, k - 1, hi, m->generation);
	return k;
}

#endif
