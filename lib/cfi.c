/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cfi.c - how a frame looks at one place in the code, by its call frame information
 *
 * DWARF 5, sections 6.4 (the programs) and 2.5 (expressions); GNU extensions as gcc and gas write
 * them. A row tells, from some place in the code on, how to compute the CFA and where registers
 * are. The common program makes the first row, the entry's own changes it as the code goes on; the
 * one that holds at ip is evaluated, with symbols for the registers.
 *
 * Expressions are few: PLT stubs (arithmetic with rip, which is a number here), signal frames and
 * realigned frames (a load relative to rsp or rbp), hand-written assembly (likewise). There are no
 * jumps in them, so each is read once.
 */
#include "cfi.h"

enum { DWARF_FP = 6, DWARF_SP = 7, DWARF_PC = 16 }; /* System V ABI for x86-64, figure 3.36 */

#define NEST	  4 /* rows remembered at once; gcc 12 and clang 14 use one */
#define EVALUATED 8 /* values on an expression's stack */

/* How a register is found: a rule of the row, not evaluated yet. */
struct column {
	enum { COL_UNCHANGED, COL_UNDEFINED, COL_OFFSET, COL_EXPRESSION, COL_LOST } how;
	int64_t offset;
	struct bytes expression;
};

enum { FP, SP, PC, OTHER, COLUMNS };

struct row {
	uint64_t cfa_register;
	int64_t cfa_offset;
	struct bytes cfa_expression; /* bad: by register */
	struct column columns[COLUMNS];
};

struct machine {
	const struct ehframe *entry;
	uintptr_t ip, at; /* wanted; reached */
	uint64_t other;	  /* the register of column OTHER */
	struct row row, first;
	struct row remembered[NEST];
	unsigned depth;
};

/* --- expressions ---------------------------------------------------------------------------- */

struct stack {
	struct cfi_value values[EVALUATED];
	unsigned n;
};

static const struct cfi_value lost = {CFI_LOST, 0, 0};

static struct cfi_value number(uint64_t n)
{
	return (struct cfi_value){CFI_NUMBER, 0, (int64_t)n};
}

static bool push(struct stack *s, struct cfi_value v)
{
	if (s->n == EVALUATED) {
		return false;
	}
	s->values[s->n++] = v;
	return true;
}

static struct cfi_value pop(struct stack *s)
{
	return s->n ? s->values[--s->n] : lost;
}

static struct cfi_value plus(struct cfi_value v, int64_t n)
{
	v.offset = (int64_t)((uint64_t)v.offset + (uint64_t)n);
	return v;
}

static struct cfi_value of_register(uint64_t reg, int64_t offset, uintptr_t ip)
{
	switch (reg) {
	case DWARF_SP:
		return (struct cfi_value){CFI_SP, 0, offset};
	case DWARF_FP:
		return (struct cfi_value){CFI_FP, 0, offset};
	case DWARF_PC:
		return plus(number(ip), offset);
	default:
		return reg < DWARF_PC ? (struct cfi_value){CFI_OTHER, (int64_t)reg, offset} : lost;
	}
}

static struct cfi_value loaded(struct cfi_value at)
{
	if (at.kind == CFI_SP) {
		return (struct cfi_value){CFI_AT_SP, at.offset, 0};
	}
	return at.kind == CFI_FP ? (struct cfi_value){CFI_AT_FP, at.offset, 0} : lost;
}

/* The operators of two values: @a was pushed before @b. */
static struct cfi_value binary(uint8_t op, struct cfi_value a, struct cfi_value b)
{
	uint64_t x = (uint64_t)a.offset, y = (uint64_t)b.offset;

	if (op == 0x22) { /* plus */
		return b.kind == CFI_NUMBER   ? plus(a, b.offset)
		       : a.kind == CFI_NUMBER ? plus(b, a.offset)
					      : lost;
	}
	if (b.kind != CFI_NUMBER) {
		return lost;
	}
	if (op == 0x1c) { /* minus */
		return plus(a, (int64_t)(0 - y));
	}
	if (a.kind != CFI_NUMBER) {
		return lost;
	}
	switch (op) {
	case 0x1a:
		return number(x & y);
	case 0x21:
		return number(x | y);
	case 0x24:
		return y < 64 ? number(x << y) : lost;
	case 0x25:
		return y < 64 ? number(x >> y) : lost;
	case 0x29:
		return number(x == y);
	case 0x2a:
		return number(a.offset >= b.offset);
	case 0x2b:
		return number(a.offset > b.offset);
	case 0x2c:
		return number(a.offset <= b.offset);
	case 0x2d:
		return number(a.offset < b.offset);
	case 0x2e:
		return number(x != y);
	default:
		return lost;
	}
}

/* A constant that an operator brings with it: DW_OP_const1u to DW_OP_consts. */
static struct cfi_value constant(uint8_t op, struct bytes *e)
{
	unsigned wide = 1u << ((op - 0x08) / 2);

	if (op == 0x10) {
		return number(bytes_uleb(e));
	}
	if (op == 0x11) {
		return number((uint64_t)bytes_sleb(e));
	}
	return number(op % 2 ? (uint64_t)bytes_signed(e, wide) : bytes_number(e, wide));
}

static bool operate(struct stack *s, uint8_t op, struct bytes *e, uintptr_t ip)
{
	struct cfi_value b;

	if (op >= 0x30 && op <= 0x4f) { /* DW_OP_lit0 to lit31 */
		return push(s, number(op - 0x30u));
	}
	if (op >= 0x70 && op <= 0x8f) { /* DW_OP_breg0 to breg31 */
		return push(s, of_register(op - 0x70u, bytes_sleb(e), ip));
	}
	if (op >= 0x08 && op <= 0x11) {
		return push(s, constant(op, e));
	}
	switch (op) {
	case 0x06: /* deref */
		return push(s, loaded(pop(s)));
	case 0x12: /* dup */
		b = pop(s);
		return push(s, b) && push(s, b);
	case 0x23: /* plus_uconst */
		return push(s, plus(pop(s), (int64_t)bytes_uleb(e)));
	case 0x96: /* nop */
		return true;
	default:
		b = pop(s);
		return push(s, binary(op, pop(s), b));
	}
}

/* @first: what lies on the stack before; NULL: nothing. */
static struct cfi_value evaluate(struct bytes e, uintptr_t ip, const struct cfi_value *first)
{
	struct stack s = {.n = 0};

	if (first) {
		push(&s, *first);
	}
	while (bytes_left(&e)) {
		if (!operate(&s, (uint8_t)bytes_number(&e, 1), &e, ip)) {
			return lost;
		}
	}
	return e.bad ? lost : pop(&s);
}

/* --- programs ------------------------------------------------------------------------------- */

static struct column *column_of(const struct machine *m, struct row *row, uint64_t reg)
{
	return reg == DWARF_FP	 ? &row->columns[FP]
	       : reg == DWARF_SP ? &row->columns[SP]
	       : reg == DWARF_PC ? &row->columns[PC]
	       : reg == m->other ? &row->columns[OTHER]
				 : NULL;
}

static void set(struct machine *m, uint64_t reg, struct column c)
{
	struct column *to = column_of(m, &m->row, reg);

	if (to) {
		*to = c;
	}
}

static void restore(struct machine *m, uint64_t reg)
{
	const struct column *from = column_of(m, &m->first, reg);

	if (from) {
		set(m, reg, *from);
	}
}

/* Offsets are written as multiples of a factor; nonsense may overflow, and is nonsense still. */
static int64_t data_offset(const struct machine *m, int64_t factored)
{
	return (int64_t)((uint64_t)factored * (uint64_t)m->entry->data_align);
}

static void offset(struct machine *m, uint64_t reg, int64_t factored)
{
	set(m, reg, (struct column){.how = COL_OFFSET, .offset = data_offset(m, factored)});
}

static struct bytes block(struct bytes *p)
{
	return bytes_take(p, bytes_uleb(p));
}

static void cfa_by_register(struct machine *m, uint64_t reg, int64_t off)
{
	m->row.cfa_register = reg;
	m->row.cfa_offset = off;
	m->row.cfa_expression.bad = true;
}

/* The opcodes that say where the CFA is. Returns false when it is none of them. */
static bool step_cfa(struct machine *m, uint8_t op, struct bytes *p)
{
	uint64_t reg;

	switch (op) {
	case 0x0c: /* def_cfa */
		reg = bytes_uleb(p);
		cfa_by_register(m, reg, (int64_t)bytes_uleb(p));
		return true;
	case 0x0d: /* def_cfa_register */
		cfa_by_register(m, bytes_uleb(p), m->row.cfa_offset);
		return true;
	case 0x0e: /* def_cfa_offset */
		m->row.cfa_offset = (int64_t)bytes_uleb(p);
		return true;
	case 0x0f: /* def_cfa_expression */
		m->row.cfa_expression = block(p);
		return true;
	case 0x12: /* def_cfa_sf */
		reg = bytes_uleb(p);
		cfa_by_register(m, reg, data_offset(m, bytes_sleb(p)));
		return true;
	case 0x13: /* def_cfa_offset_sf */
		m->row.cfa_offset = data_offset(m, bytes_sleb(p));
		return true;
	default:
		return false;
	}
}

/* The opcodes that say where a register is. */
static bool step_column(struct machine *m, uint8_t op, struct bytes *p)
{
	uint64_t reg = bytes_uleb(p);

	switch (op) {
	case 0x05: /* offset_extended */
		offset(m, reg, (int64_t)bytes_uleb(p));
		return true;
	case 0x06: /* restore_extended */
		restore(m, reg);
		return true;
	case 0x07: /* undefined */
		set(m, reg, (struct column){.how = COL_UNDEFINED});
		return true;
	case 0x08: /* same_value */
		set(m, reg, (struct column){.how = COL_UNCHANGED});
		return true;
	case 0x10: /* expression */
		set(m, reg, (struct column){.how = COL_EXPRESSION, .expression = block(p)});
		return true;
	case 0x11: /* offset_extended_sf */
		offset(m, reg, bytes_sleb(p));
		return true;
	case 0x2f: /* GNU_negative_offset_extended */
		offset(m, reg, (int64_t)(0 - bytes_uleb(p)));
		return true;
	case 0x09: /* register: in one that is not followed */
	case 0x14: /* val_offset */
	case 0x15: /* val_offset_sf */
		(void)bytes_uleb(p);
		set(m, reg, (struct column){.how = COL_LOST});
		return true;
	case 0x16: /* val_expression */
		(void)block(p);
		set(m, reg, (struct column){.how = COL_LOST});
		return true;
	default:
		return false;
	}
}

static bool step_other(struct machine *m, uint8_t op, struct bytes *p)
{
	switch (op) {
	case 0x00: /* nop */
		return true;
	case 0x02: /* advance_loc1, 2, 4 */
	case 0x03:
	case 0x04:
		m->at += bytes_number(p, 1u << (op - 2)) * m->entry->code_align;
		return true;
	case 0x0a: /* remember_state */
		if (m->depth == NEST) {
			return false;
		}
		m->remembered[m->depth++] = m->row;
		return true;
	case 0x0b: /* restore_state */
		if (m->depth == 0) {
			return false;
		}
		m->row = m->remembered[--m->depth];
		return true;
	case 0x2e: /* GNU_args_size: of no matter here */
		(void)bytes_uleb(p);
		return true;
	default:
		return step_cfa(m, op, p) || step_column(m, op, p);
	}
}

/* Run a program up to the wanted place. */
static bool run(struct machine *m, struct bytes p)
{
	while (bytes_left(&p)) {
		uint8_t op = (uint8_t)bytes_number(&p, 1), low = op & 63;

		switch (op >> 6) {
		case 1: /* advance_loc */
			m->at += low * m->entry->code_align;
			break;
		case 2: /* offset */
			offset(m, low, (int64_t)bytes_uleb(&p));
			break;
		case 3: /* restore */
			restore(m, low);
			break;
		default:
			if (!step_other(m, op, &p)) {
				return false;
			}
		}
		if (m->at > m->ip) { /* what follows holds further on */
			return !p.bad;
		}
	}
	return !p.bad;
}

static struct cfi_place place_of(const struct column *c, const struct cfi_value *cfa, uintptr_t ip)
{
	struct cfi_place p = {.saved = CFI_SAVED_LOST};

	switch (c->how) {
	case COL_UNCHANGED:
		p.saved = CFI_UNCHANGED;
		break;
	case COL_UNDEFINED:
		p.saved = CFI_UNDEFINED;
		break;
	case COL_OFFSET:
		p.saved = CFI_SAVED_CFA;
		p.offset = c->offset;
		break;
	case COL_EXPRESSION:
		p.saved = CFI_SAVED;
		p.at = evaluate(c->expression, ip, cfa);
		break;
	case COL_LOST:
		break;
	}
	return p;
}

/* The row that holds at m->ip. */
static bool run_all(struct machine *m)
{
	const struct ehframe *f = m->entry;

	m->at = f->start;
	m->row.cfa_expression.bad = true;
	m->row.cfa_register = UINT64_MAX;
	if (f->return_column != DWARF_PC || !run(m, f->common)) {
		return false;
	}
	m->first = m->row;
	return run(m, f->own);
}

bool cfi_frame_at(const struct ehframe *f, uintptr_t ip, struct cfi_frame *frame)
{
	struct machine m = {.entry = f, .ip = ip, .other = UINT64_MAX};

	if (!run_all(&m)) {
		return false;
	}
	frame->cfa = m.row.cfa_expression.bad
			     ? of_register(m.row.cfa_register, m.row.cfa_offset, ip)
			     : evaluate(m.row.cfa_expression, ip, NULL);
	frame->pc = place_of(&m.row.columns[PC], &frame->cfa, ip);
	frame->fp = place_of(&m.row.columns[FP], &frame->cfa, ip);
	frame->sp = place_of(&m.row.columns[SP], &frame->cfa, ip);
	return true;
}

bool cfi_saves(const struct ehframe *f, uintptr_t ip, unsigned reg, int64_t *offset)
{
	struct machine m = {.entry = f, .ip = ip, .other = reg};

	if (!run_all(&m) || m.row.columns[OTHER].how != COL_OFFSET) {
		return false;
	}
	*offset = m.row.columns[OTHER].offset;
	return true;
}
