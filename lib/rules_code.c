/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_code.c - a rule from the code itself, where a module has no unwind information for it
 *
 * State on a path: rsp as (sp or fp, as they were at the return address) + offset, or lost; rbp as
 * unchanged, as 'rsp of some moment', as the word at a place, or lost. An instruction changes the
 * state or not (insn.h); lost states may be found again (`leave` after alloca).
 *
 * Ends of a path: ret, and jmp *x(%rip), a tail call through a table. A jmp to another function
 * needs no care: that function, followed from its start, ends with rsp where it was at its start.
 * Paths that reach hlt, ud2, an indirect jmp or unknown code say nothing.
 *
 * A call on a path may never return, and what comes behind it may be another function. So paths are
 * followed in the order of how many calls they pass, a path is dropped where padding or the mark of
 * a function's start (endbr64) comes behind a call, and the ends with the fewest calls decide: they
 * must agree. A place that was visited before is not followed again.
 *
 * Where that fails (interpreters that jump through tables), the frame pointer rule is used if rbp
 * is seen to be a frame pointer: the code at hand uses memory below it, or its function begins so.
 */
#include "rules_code.h"

#include <string.h>
#include <sys/uio.h>

#include "arch.h"
#include "insn.h"
#include "rule.h"
#include "sys.h"

#define BUDGET	   2000 /* instructions */
#define MADE_BYTES 768	/* of code made at run time: so far it is followed */
#define ENDS	   4
#define PENDING	   40
#define START_FAR  1024 /* multiples of 16 to look back for a function's start */

enum value {
	VALUE_LOST,
	VALUE_SP,    /* sp at the return address + offset */
	VALUE_FP,    /* fp at the return address + offset */
	VALUE_AT_SP, /* the word at sp + offset */
	VALUE_AT_FP,
	VALUE_BELOW_AT_FP, /* the word at fp + offset, - 8: rsp at the end of a frame that gcc
			      realigned */
};

struct symbol {		    /* 4 bytes, for a search holds many, on a stack that may be small */
	unsigned value : 3; /* enum value */
	int offset : 29;
};

struct path {
	uint32_t pc; /* from the start of the segment */
	struct symbol sp, fp, r10;
	struct symbol at, stored; /* what fp was when this path stored it, and where */
	struct symbol top, put;	  /* the lowest place that it stored something else at, and that */
	unsigned calls;		  /* passed on the way */
};

struct search {
	const uint8_t *code; /* the executable segment */
	uint32_t size;
	int budget;
	unsigned ends, calls; /* how many ends were reached, by so many calls */
	struct symbol sp, fp; /* at the ends so far */
	struct symbol pc;     /* where the return address comes from; lost: from its place */
	bool made;	      /* a copy of code that was made at run time */
	bool below_fp;	      /* memory below rbp is used before any call */
	struct path pending[PENDING];
	unsigned n_pending;
	uint64_t seen[16]; /* a filter of places: a false 'seen' costs a path, no more */
};

static const struct symbol lost = {VALUE_LOST, 0};

static bool same(struct symbol a, struct symbol b)
{
	return a.value == b.value && a.offset == b.offset;
}

static bool seen_before(struct search *s, uint32_t pc)
{
	uint64_t hash = (pc + 1ull) * 0x9e3779b97f4a7c15ull >> 54;
	uint64_t bit = 1ull << (hash & 63);
	bool seen = s->seen[hash >> 6] & bit;

	s->seen[hash >> 6] |= bit;
	return seen;
}

static void pend(struct search *s, const struct path *p, uint32_t pc, unsigned calls)
{
	if (s->n_pending < PENDING && !seen_before(s, pc)) {
		struct path *to = &s->pending[s->n_pending++];

		*to = *p;
		to->pc = pc;
		to->calls = calls;
	}
}

/* The pending path that passed the fewest calls; of equals the last one. */
static struct path take_pending(struct search *s)
{
	unsigned best = 0;
	struct path p;

	for (unsigned i = 1; i < s->n_pending; i++) {
		if (s->pending[i].calls <= s->pending[best].calls) {
			best = i;
		}
	}
	p = s->pending[best];
	s->pending[best] = s->pending[--s->n_pending];
	return p;
}

/* What no function goes on with: padding, or the start of the next function. */
static bool is_outside(const uint8_t *at, size_t n)
{
	static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};

	while (n > 4 && (*at == 0x66 || *at == 0x2e)) {
		at++;
		n--;
	}
	return n < 5 || at[0] == 0x90 || at[0] == 0xcc || (at[0] == 0x0f && at[1] == 0x1f) ||
	       memcmp(at, endbr64, 4) == 0;
}

/* Returns false when this end contradicts another one. */
static bool end_reached(struct search *s, const struct path *p)
{
	struct symbol pc = lost;

	/* A return address that was put there just before, by purego's callbackasm1 for one: what
	 * is in its place until then is something else. */
	if (p->top.value != VALUE_LOST && same(p->top, p->sp)) {
		pc = p->put;
		if (pc.value != VALUE_AT_SP) {
			return false;
		}
	}
	if (s->ends++ == 0) {
		s->calls = p->calls;
		s->sp = p->sp;
		s->fp = p->fp;
		s->pc = pc;
		return true;
	}
	return same(s->sp, p->sp) && same(s->fp, p->fp) && same(s->pc, pc);
}

static struct symbol word_at_symbol(struct symbol base, int32_t offset)
{
	if (base.value == VALUE_SP) {
		return (struct symbol){VALUE_AT_SP, base.offset + offset};
	}
	if (base.value == VALUE_FP) {
		return (struct symbol){VALUE_AT_FP, base.offset + offset};
	}
	return lost;
}

static struct symbol plus(struct symbol base, int32_t offset)
{
	base.offset += offset;
	if (base.value == VALUE_BELOW_AT_FP) {
		base.value = VALUE_LOST;
	}
	return base;
}

/* What fp is after it was loaded from a place: what this path stored there (a function that was
 * tail-called saves and restores), or what was there before. */
static struct symbol fp_loaded(const struct path *p, struct symbol base, int32_t offset)
{
	if (p->at.value != VALUE_LOST && same(p->at, plus(base, offset))) {
		return p->stored;
	}
	return word_at_symbol(base, offset);
}

static void fp_store(struct path *p, int32_t offset)
{
	p->at = plus(p->sp, offset);
	p->stored = p->fp;
}

static bool is_register(struct symbol s)
{
	return s.value == VALUE_SP || s.value == VALUE_FP;
}

/* rsp from another register. */
static struct symbol sp_from(const struct path *p, struct insn i)
{
	if (i.kind == INSN_SP_FROM_R10) {
		bool realigned = p->r10.value == VALUE_AT_FP && i.value == -8;

		return realigned ? (struct symbol){VALUE_BELOW_AT_FP, p->r10.offset} : lost;
	}
	return is_register(p->fp) ? plus(p->fp, i.kind == INSN_LEAVE ? 0 : i.value) : lost;
}

/* Returns false when the instruction is no push or pop. */
static bool apply_push_pop(struct path *p, struct insn i)
{
	switch (i.kind) {
	case INSN_PUSH:
	case INSN_PUSH_FP:
		p->sp = plus(p->sp, -8);
		if (i.kind == INSN_PUSH_FP) {
			fp_store(p, 0);
		}
		return true;
	case INSN_LEAVE:
		p->sp = sp_from(p, i);
		p->fp = fp_loaded(p, p->sp, 0);
		break;
	case INSN_POP_FP:
		p->fp = fp_loaded(p, p->sp, 0);
		break;
	case INSN_POP_R10:
		p->r10 = word_at_symbol(p->sp, 0);
		break;
	case INSN_POP:
		break;
	default:
		return false;
	}
	p->sp = plus(p->sp, 8);
	return true;
}

/* What one instruction does to the registers. */
static void apply(struct path *p, struct insn i)
{
	if (apply_push_pop(p, i)) {
		return;
	}
	switch (i.kind) {
	case INSN_FP_STORE:
		fp_store(p, i.value);
		break;
	case INSN_R10_STORE:
	case INSN_STORE:
		p->top = plus(p->sp, i.value);
		p->put = i.kind == INSN_R10_STORE ? p->r10 : lost;
		break;
	case INSN_R10_LOAD:
		p->r10 = word_at_symbol(p->fp, i.value);
		break;
	case INSN_SP_ADD:
		p->sp = plus(p->sp, i.value);
		break;
	case INSN_SP_FROM_R10:
	case INSN_SP_FROM_FP:
		p->sp = sp_from(p, i);
		break;
	case INSN_FP_FROM_SP:
		p->fp = plus(p->sp, i.value);
		break;
	case INSN_FP_LOAD_SP:
		p->fp = fp_loaded(p, p->sp, i.value);
		break;
	case INSN_FP_LOAD_FP:
		p->fp = fp_loaded(p, p->fp, i.value);
		break;
	case INSN_R10_LOST:
		p->r10 = lost;
		break;
	case INSN_SP_LOST:
		p->sp = lost;
		break;
	case INSN_FP_LOST:
		p->fp = lost;
		break;
	default:
		break;
	}
}

/* Follow one path to its end, or to a call: behind that it is another path. Returns false when what
 * it finds makes a rule impossible. */
static bool follow(struct search *s, struct path p)
{
	while (s->budget-- > 0 && p.pc < s->size) {
		struct insn i = insn_read(s->code + p.pc, s->size - p.pc);
		uint32_t next = p.pc + i.length;

		if (i.below_fp && p.calls == 0 && p.fp.value == VALUE_FP && p.fp.offset == 0) {
			s->below_fp = true;
		}
		switch (i.kind) {
		case INSN_RET:
			return i.value == 0 && end_reached(s, &p);
		case INSN_JUMP_SLOT: /* made at run time it may lead anywhere */
			return s->made || end_reached(s, &p);
		case INSN_BAD:
		case INSN_STOP:
		case INSN_JUMP_LOST:
			return true;
		case INSN_CALL:
			if (!is_outside(s->code + next, s->size - next)) {
				pend(s, &p, next, p.calls + 1);
			}
			return true;
		case INSN_JUMP:
			next += (uint32_t)i.value;
			if (seen_before(s, next)) {
				return true;
			}
			break;
		case INSN_BRANCH:
			pend(s, &p, next + (uint32_t)i.value, p.calls);
			break;
		default:
			apply(&p, i);
		}
		p.pc = next;
	}
	return true;
}

static bool rule_realigned(const struct search *s, uint32_t *rule)
{
	const struct rule_wide w = {
		.cfa_base = RULE_AT_FP,
		.cfa_loaded = 1,
		.cfa_place = s->sp.offset,
		.pc_base = RULE_AT_CFA,
		.pc_offset = -8,
		.fp_base = RULE_AT_FP,
		.fp_offset = s->fp.offset,
	};

	if (s->fp.value != VALUE_AT_FP) {
		return false;
	}
	*rule = rule_wide_make(&w);
	return rule_kind(*rule) == RULE_WIDE;
}

/* The return address is not in its place yet: the rule tells where it is. */
static bool rule_displaced(const struct search *s, uint32_t *rule)
{
	const struct rule_wide w = {
		.cfa_base = RULE_AT_SP,
		.cfa_offset = s->sp.offset + 8,
		.pc_base = RULE_AT_SP,
		.pc_offset = s->pc.offset,
		.fp_base = s->fp.value == VALUE_AT_SP ? RULE_AT_SP : RULE_UNCHANGED,
		.fp_offset = s->fp.value == VALUE_AT_SP ? s->fp.offset : 0,
	};

	if (s->sp.value != VALUE_SP ||
	    (s->fp.value != VALUE_AT_SP && !(s->fp.value == VALUE_FP && s->fp.offset == 0))) {
		return false;
	}
	*rule = rule_wide_make(&w);
	return rule_kind(*rule) == RULE_WIDE;
}

/* Nothing on the stack but the return address: no function calls like that, for rsp must be a
 * multiple of 16 then. It is the next function, behind a call that does not return. (Other frames
 * that break the 16 exist: runtime/cgo's crosscall1.) */
static bool rule_of_ends(const struct search *s, bool exact, uint32_t *rule)
{
	int32_t cfa = s->sp.offset + 8;
	int32_t save = 0;
	enum value saved = s->sp.value == VALUE_SP ? VALUE_AT_SP : VALUE_AT_FP;

	if (s->sp.value == VALUE_BELOW_AT_FP) {
		return rule_realigned(s, rule);
	}
	if (s->pc.value != VALUE_LOST) {
		return rule_displaced(s, rule);
	}
	if (!is_register(s->sp) || cfa <= 0 || cfa % 8 || cfa / 8 > (int32_t)RULE_CFA_MOST) {
		return false;
	}
	if (!exact && s->sp.value == VALUE_SP && cfa == 8) {
		return false;
	}
	if (s->fp.value == saved) {
		save = cfa - s->fp.offset;
		if (save <= 0 || save % 8 || save / 8 > (int32_t)RULE_SAVE_MOST) {
			return false;
		}
	} else if (s->fp.value != VALUE_FP || s->fp.offset != 0) {
		return false;
	}
	*rule = rule_make(s->sp.value == VALUE_SP ? RULE_SP : RULE_FP, (uint32_t)cfa / 8,
			  (uint32_t)save / 8);
	return true;
}

/* A function starts at a multiple of 16, behind the end of another one: ret, jmp or padding.
 * Padding is inside functions too, before loops; then the answer is a wrong no. */
static bool seems_start(const uint8_t *at)
{
	return at[-1] == 0xc3 || at[-1] == 0xcc || at[-1] == 0x90 || at[-5] == 0xe9 ||
	       at[-2] == 0xeb ||
	       (at[-1] == 0 && (at[-8] == 0x0f || at[-7] == 0x0f || at[-5] == 0x0f ||
				at[-4] == 0x0f || at[-3] == 0x0f));
}

static bool makes_fp(const uint8_t *at)
{
	static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
	static const uint8_t forms[2][4] = {{0x55, 0x48, 0x89, 0xe5}, {0x55, 0x48, 0x8b, 0xec}};

	if (memcmp(at, endbr64, 4) == 0) {
		at += 4;
	}
	return memcmp(at, forms[0], 4) == 0 || memcmp(at, forms[1], 4) == 0;
}

/* Whether the function around @pc begins by making rbp its frame pointer: looks back for what seems
 * to be its start; false when that is not plain. */
static bool keeps_fp(const struct module *m, uintptr_t pc)
{
	const Elf64_Phdr *ph = modules_segment(m, pc - 1);
	uintptr_t lo = ph ? m->bias + ph->p_vaddr + 16 : UINTPTR_MAX;
	uintptr_t at = (pc - 8) & -16ul;

	if (!ph || !(ph->p_flags & PF_R)) {
		return false;
	}
	for (unsigned i = 0; i < START_FAR && at >= lo; i++, at -= 16) {
		if (seems_start((const uint8_t *)at)) {
			return makes_fp((const uint8_t *)at);
		}
	}
	return false;
}

/* Follow the code from the place in @start on: whether its ends were reached, and agree. */
static bool search_ends(struct search *s, const struct path *start, bool exact, uint32_t *rule)
{
	bool agree = true;

	if (!exact && is_outside(s->code + start->pc, s->size - start->pc)) {
		return false;
	}
	pend(s, start, start->pc, 0);
	while (agree && s->n_pending && s->ends < ENDS) {
		struct path p = take_pending(s);

		if (s->ends && p.calls > s->calls) {
			break;
		}
		agree = follow(s, p);
	}
	return agree && s->ends > 0 && rule_of_ends(s, exact, rule);
}

bool rules_code_learn(const struct module *m, uintptr_t pc, bool exact, uint32_t *rule)
{
	const Elf64_Phdr *ph = modules_segment(m, pc);
	struct search s = {.budget = BUDGET};
	struct path start = {.sp = {VALUE_SP, 0}, .fp = {VALUE_FP, 0}};

	if (!ph || !(ph->p_flags & PF_R) || !(ph->p_flags & PF_X)) {
		return false;
	}
	s.code = (const uint8_t *)(m->bias + ph->p_vaddr);
	s.size = ph->p_filesz < UINT32_MAX ? (uint32_t)ph->p_filesz : UINT32_MAX;
	if (pc - exact - (uintptr_t)s.code >= s.size) {
		return false;
	}
	start.pc = (uint32_t)(pc - exact - (uintptr_t)s.code);
	if (search_ends(&s, &start, exact, rule)) {
		return true;
	}
	*rule = rule_make(RULE_FP, 2, 2);
	return s.below_fp || (!exact && keeps_fp(m, pc));
}

static __attribute__((noinline)) enum rules_code_made learn_copy(const uint8_t *code, uint32_t n,
								 bool exact, uint32_t *rule)
{
	struct search s = {.code = code, .size = n, .budget = BUDGET, .made = true};
	const struct path start = {.sp = {VALUE_SP, 0}, .fp = {VALUE_FP, 0}};

	if (search_ends(&s, &start, exact, rule)) {
		return RULES_CODE_ENDS;
	}
	*rule = rule_make(RULE_FP, 2, 2);
	return s.below_fp ? RULES_CODE_USES : RULES_CODE_NONE;
}

enum rules_code_made rules_code_learn_made(uintptr_t pc, bool exact, uint32_t *rule)
{
	uint8_t copy[MADE_BYTES];
	struct iovec iov = {(void *)(pc - exact), sizeof copy};
	ssize_t n = sys_peek(copy, sizeof copy, &iov, 1);

	return n > 0 ? learn_copy(copy, (uint32_t)n, exact, rule) : RULES_CODE_NONE;
}
