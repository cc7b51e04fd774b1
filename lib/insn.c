/* SPDX-License-Identifier: Apache-2.0 */
/*
 * insn.c - what an x86-64 instruction does to rsp, rbp and r10
 *
 * Tables of one character an opcode, for those that change a register: which of its operands. What
 * moves a value between the three registers and the stack is told apart in the code.
 */
#include "insn.h"

#include <stdbool.h>

#include "insn_form.h"

static struct insn made(enum insn_kind kind, int32_t value)
{
	return (struct insn){.kind = kind, .value = value};
}

/* Which of ModRM's registers an opcode writes: r the one in reg, m the one in rm, x both, g as its
 * group says. Of the second table, for SSE registers are no matter of ours, few. */
static const char one_byte_writes[] =
	/* 0 1 2 3 4 5 6 7 8 9 a b c d e f */
	"mmrr....mmrr...."  /* 0 */
	"mmrr....mmrr...."  /* 1 */
	"mmrr....mmrr...."  /* 2 */
	"mmrr............"  /* 3: cmp writes nothing */
	"................"  /* 4 */
	"................"  /* 5 */
	"...r.....r.r...."  /* 6 */
	"................"  /* 7 */
	"gg.g..xxmmrrmr.m"  /* 8 */
	"................"  /* 9 */
	"................"  /* a */
	"................"  /* b */
	"mm....mm........"  /* c */
	"mmmm............"  /* d */
	"................"  /* e */
	"......gg......mg"; /* f */

static const char two_byte_writes[] = "..rr............"  /* 0: lar, lsl */
				      "................"  /* 1 */
				      "............rr.."  /* 2: cvttss2si */
				      "................"  /* 3 */
				      "rrrrrrrrrrrrrrrr"  /* 4: cmov */
				      "r..............."  /* 5: movmskps */
				      "................"  /* 6 */
				      "..............m."  /* 7: movd */
				      "................"  /* 8 */
				      "mmmmmmmmmmmmmmmm"  /* 9: setcc */
				      "....mm.....mmm.r"  /* a */
				      "mm.m..rrr.mmrrrr"  /* b */
				      "xx...r.........."  /* c: xadd, pextrw */
				      ".......r........"  /* d: pmovmskb */
				      "................"  /* e */
				      "................"; /* f */

_Static_assert(sizeof one_byte_writes == 257 && sizeof two_byte_writes == 257,
	       "one character an opcode");

static bool group_writes(const struct insn_form *d)
{
	unsigned n = d->reg & 7;

	switch (d->op) {
	case 0x80:
	case 0x81:
	case 0x83:
		return n != 7; /* cmp */
	case 0xf6:
	case 0xf7:
		return n == 2 || n == 3; /* not, neg */
	default:
		return n < 2; /* inc, dec */
	}
}

/* Of the vector forms of map 1: moves to registers from masks and vectors, no setcc or cmov. */
static char vector_writes(unsigned op)
{
	char c = two_byte_writes[op];

	if (op == 0x7e) {
		return 'm';
	}
	if (c != 'r' || (op >= 0x40 && op < 0x50)) {
		return '.';
	}
	return c;
}

static char writes(const struct insn_form *d)
{
	char c = '.';

	if (d->map == 0) {
		c = one_byte_writes[d->op];
	} else if (d->map == 1 && d->vex) {
		c = vector_writes(d->op);
	} else if (d->map == 1) {
		c = two_byte_writes[d->op];
	} else if (d->map == 2 && d->vex) {
		if (d->op >= 0xf2 && d->op <= 0xf7) { /* BMI */
			c = 'x';
		}
	} else if (d->map == 2) {
		if (d->op == 0xf0 || d->op == 0xf1 || d->op == 0xf6) {
			c = 'r';
		}
	} else if (d->map == 3) {
		if (d->op >= 0x14 && d->op <= 0x17) {
			c = 'm';
		} else if (d->op == 0xf0) {
			c = 'r';
		}
	}
	if (c == 'g') {
		c = '.';
		if (group_writes(d)) {
			c = 'm';
		}
	}
	return c;
}

static bool has_modrm(const struct insn_form *d)
{
	char c = insn_form_follows(d);

	return c == 'm' || c == 'b' || c == 'z' || (c == '*' && (d->op == 0xf6 || d->op == 0xf7));
}

/* Instructions that move rsp or rbp in a way that can be followed. INSN_PLAIN: not one of these. */
static struct insn move_of_stack(const struct insn_form *d)
{
	bool rm_sp = d->mod == 3 && d->rm == INSN_RSP, rm_fp = d->mod == 3 && d->rm == INSN_RBP;
	bool on_stack = d->sp_based || d->fp_based;

	switch (d->op) {
	case 0x81:
	case 0x83:
		if (rm_sp && ((d->reg & 7) == 0 || (d->reg & 7) == 5)) {
			return made(INSN_SP_ADD, (d->reg & 7) == 0 ? d->imm : -d->imm);
		}
		break;
	case 0x89:
		if (d->sp_based) {
			return made(d->reg == INSN_RBP	 ? INSN_FP_STORE
				    : d->reg == INSN_R10 ? INSN_R10_STORE
							 : INSN_STORE,
				    d->disp);
		}
		if ((rm_sp && d->reg == INSN_RBP) || (rm_fp && d->reg == INSN_RSP)) {
			return made(rm_sp ? INSN_SP_FROM_FP : INSN_FP_FROM_SP, 0);
		}
		break;
	case 0x8b:
		if ((rm_fp && d->reg == INSN_RSP) || (rm_sp && d->reg == INSN_RBP)) {
			return made(rm_fp ? INSN_SP_FROM_FP : INSN_FP_FROM_SP, 0);
		}
		if (d->reg == INSN_RBP && on_stack) {
			return made(d->sp_based ? INSN_FP_LOAD_SP : INSN_FP_LOAD_FP, d->disp);
		}
		if (d->reg == INSN_R10 && d->fp_based) {
			return made(INSN_R10_LOAD, d->disp);
		}
		break;
	case 0x8d:
		if (d->reg == INSN_RSP && (on_stack || d->r10_based)) {
			return made(d->sp_based	  ? INSN_SP_ADD
				    : d->fp_based ? INSN_SP_FROM_FP
						  : INSN_SP_FROM_R10,
				    d->disp);
		}
		if (d->reg == INSN_RBP && d->sp_based) {
			return made(INSN_FP_FROM_SP, d->disp);
		}
	}
	return made(INSN_PLAIN, 0);
}

static struct insn lost(unsigned reg)
{
	return made(reg == INSN_RSP   ? INSN_SP_LOST
		    : reg == INSN_RBP ? INSN_FP_LOST
		    : reg == INSN_R10 ? INSN_R10_LOST
				      : INSN_PLAIN,
		    0);
}

static struct insn by_modrm(const struct insn_form *d)
{
	char w = writes(d);
	struct insn insn = made(INSN_PLAIN, 0);

	if (d->map == 0 && !d->vex && (d->rex & 8)) {
		insn = move_of_stack(d);
	}
	if (insn.kind == INSN_PLAIN && (w == 'r' || w == 'x')) {
		insn = lost(d->reg);
	}
	if (insn.kind == INSN_PLAIN && (w == 'm' || w == 'x') && d->mod == 3) {
		insn = lost(d->rm);
	}
	return insn;
}

/* What one-byte opcodes do by themselves: P push, p popf, < push reg, > pop reg, R ret, L leave,
 * b branch, C call, J jump, S stop, v value into reg, f and 8 by ModRM, x not in code we follow. */
static const char one_byte_kinds[] =
	/* 0 1 2 3 4 5 6 7 8 9 a b c d e f */
	"................"  /* 0 */
	"................"  /* 1 */
	"................"  /* 2 */
	"................"  /* 3 */
	"................"  /* 4 */
	"<<<<<<<<>>>>>>>>"  /* 5 */
	"........P.P....."  /* 6 */
	"bbbbbbbbbbbbbbbb"  /* 7 */
	"...............8"  /* 8 */
	".vvvvvvv....Pp.."  /* 9: xchg with rax */
	"................"  /* a */
	"vvvvvvvvvvvvvvvv"  /* b */
	"..RR....xLxxS..x"  /* c */
	"................"  /* d */
	"bbbb....CJ.J...."  /* e */
	"....S..........f"; /* f */

_Static_assert(sizeof one_byte_kinds == 257, "one character an opcode");

static struct insn pop_into(const struct insn_form *d, unsigned reg)
{
	if (d->operand16 || reg == INSN_RSP) {
		return made(INSN_SP_LOST, 0);
	}
	return made(reg == INSN_RBP ? INSN_POP_FP : reg == INSN_R10 ? INSN_POP_R10 : INSN_POP, 0);
}

static struct insn by_group_ff(const struct insn_form *d)
{
	switch (d->reg & 7) {
	case 2:
	case 3:
		return made(INSN_CALL, 0);
	case 4:
	case 5:
		return made(d->rip_based ? INSN_JUMP_SLOT : INSN_JUMP_LOST, 0);
	case 6:
		return made(INSN_PUSH, 0);
	default:
		return by_modrm(d);
	}
}

static struct insn one_byte_insn(const struct insn_form *d)
{
	unsigned reg = (d->op & 7) | (d->rex & 1 ? 8 : 0);

	switch (one_byte_kinds[d->op]) {
	case 'P':
		return made(d->operand16 ? INSN_SP_LOST : INSN_PUSH, 0);
	case 'p':
		return made(INSN_POP, 0);
	case '<':
		return made(d->operand16      ? INSN_SP_LOST
			    : reg == INSN_RBP ? INSN_PUSH_FP
					      : INSN_PUSH,
			    0);
	case '>':
		return pop_into(d, reg);
	case 'R':
		return made(INSN_RET, d->imm);
	case 'L':
		return made(INSN_LEAVE, 0);
	case 'b':
		return made(INSN_BRANCH, d->imm);
	case 'C':
		return made(INSN_CALL, d->imm);
	case 'J':
		return made(INSN_JUMP, d->imm);
	case 'S':
		return made(INSN_STOP, 0);
	case 'v': /* without REX, b4 to b7 are ah to bh */
		return d->op >= 0xb0 && d->op < 0xb8 && !d->rex ? made(INSN_PLAIN, 0) : lost(reg);
	case 'f':
		return by_group_ff(d);
	case '8': /* other groups are AMD's XOP */
		return (d->reg & 7) != 0 ? made(INSN_BAD, 0)
		       : d->mod == 3	 ? pop_into(d, d->rm)
					 : made(INSN_POP, 0);
	case 'x':
		return made(INSN_BAD, 0);
	default:
		return has_modrm(d) ? by_modrm(d) : made(INSN_PLAIN, 0);
	}
}

struct insn insn_read(const uint8_t *at, size_t n)
{
	struct insn_form d;
	struct insn insn;

	if (!insn_form_read(&d, at, n)) {
		return made(INSN_BAD, 0);
	}
	if (d.map == 0 && !d.vex) {
		insn = one_byte_insn(&d);
	} else if (d.map == 1 && !d.vex && (d.op & 0xf0) == 0x80) {
		insn = made(INSN_BRANCH, d.imm);
	} else if (d.map == 1 && !d.vex && (d.op == 0x0b || d.op == 0xb9 || d.op == 0xff)) {
		insn = made(INSN_STOP, 0);
	} else if (d.map == 1 && !d.vex && (d.op & 0xf8) == 0xc8) {
		insn = lost((d.op & 7) | (d.rex & 1 ? 8 : 0)); /* bswap */
	} else {
		insn = has_modrm(&d) ? by_modrm(&d) : made(INSN_PLAIN, 0);
	}
	insn.length = (unsigned)d.i;
	insn.below_fp = d.fp_based && d.disp < 0;
	return insn;
}
