/* SPDX-License-Identifier: Apache-2.0 */
/*
 * insn.c - how long an x86-64 instruction is, and what it does to rsp, rbp and r10
 *
 * Form (Intel SDM volume 2, chapter 2 and appendix A): prefixes, REX or VEX or EVEX, opcode, ModRM,
 * SIB, displacement, immediate. Two tables of one character an opcode tell what follows it:
 *     .  nothing          m  ModRM            b  ModRM + imm8       z  ModRM + imm16/32
 *     1  imm8             4  imm16/32         w  imm16              x  not in 64-bit code, or a
 *     j  rel8             J  rel32                                     prefix (handled before)
 *     *  told apart in the code
 */
#include "insn.h"

#include <stdbool.h>
#include <string.h>

static const char one_byte[] =
	/* 0 1 2 3 4 5 6 7 8 9 a b c d e f */
	"mmmm14xxmmmm14xx"  /* 0 */
	"mmmm14xxmmmm14xx"  /* 1 */
	"mmmm14xxmmmm14xx"  /* 2 */
	"mmmm14xxmmmm14xx"  /* 3 */
	"xxxxxxxxxxxxxxxx"  /* 4: REX */
	"................"  /* 5: push, pop */
	"xxxmxxxx4z1b...."  /* 6 */
	"jjjjjjjjjjjjjjjj"  /* 7 */
	"bzxbmmmmmmmmmmmm"  /* 8 */
	"..........x....."  /* 9 */
	"****....14......"  /* a: a0 to a3 have 8 bytes of address */
	"11111111********"  /* b: b8 to bf have 8 bytes with REX.W */
	"bbw.xxbz*.w..1x."  /* c: c8 enter */
	"mmmmxxx.mmmmmmmm"  /* d */
	"jjjj1111JJxj...."  /* e */
	"x.xx..**......mm"; /* f: f6 and f7 by ModRM */

static const char two_byte[] = "mmmmx.....x.xm.b"  /* 0: 0b is ud2 */
			       "mmmmmmmmmmmmmmmm"  /* 1 */
			       "mmmmxxxxmmmmmmmm"  /* 2 */
			       "........xxxxxxxx"  /* 3: 38 and 3a are more maps */
			       "mmmmmmmmmmmmmmmm"  /* 4 */
			       "mmmmmmmmmmmmmmmm"  /* 5 */
			       "mmmmmmmmmmmmmmmm"  /* 6 */
			       "bbbbmmm.mmxxmmmm"  /* 7 */
			       "JJJJJJJJJJJJJJJJ"  /* 8 */
			       "mmmmmmmmmmmmmmmm"  /* 9 */
			       "...mbmxx...mbmmm"  /* a */
			       "mmmmmmmmmmbmmmmm"  /* b */
			       "mmbmbbbm........"  /* c */
			       "mmmmmmmmmmmmmmmm"  /* d */
			       "mmmmmmmmmmmmmmmm"  /* e */
			       "mmmmmmmmmmmmmmmm"; /* f */

_Static_assert(sizeof one_byte == 257 && sizeof two_byte == 257, "one character an opcode");

enum { RSP = 4, RBP = 5, R10 = 10 };

struct decoder {
	const uint8_t *at;
	size_t n, i; /* bytes there are, bytes read */
	bool operand16, address32;
	unsigned rex; /* W 8, R 4, X 2, B 1 */
	unsigned map; /* 0 one byte, 1 0f, 2 0f38, 3 0f3a, more: EVEX's */
	bool vex;
	unsigned op;
	unsigned mod, reg,
		rm;	/* reg and rm with REX; rm == RSP in memory operands: as its SIB says */
	bool sp_based;	/* the memory operand is disp(%rsp) */
	bool fp_based;	/* ... disp(%rbp) */
	bool r10_based; /* ... disp(%r10) */
	bool rip_based;
	int32_t disp, imm;
	bool bad;
};

static uint8_t take(struct decoder *d)
{
	if (d->i >= d->n || d->i >= 15) {
		d->bad = true;
		return 0;
	}
	return d->at[d->i++];
}

static int32_t take_signed(struct decoder *d, unsigned bytes)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < bytes; i++) {
		v |= (uint32_t)take(d) << (8 * (i & 3));
	}
	if (bytes == 1) {
		return (int8_t)v;
	}
	return bytes == 2 ? (int16_t)v : (int32_t)v;
}

static void read_prefixes(struct decoder *d)
{
	for (;;) {
		uint8_t b = d->i < d->n ? d->at[d->i] : 0;

		switch (b) {
		case 0x66:
			d->operand16 = true;
			break;
		case 0x67:
			d->address32 = true;
			break;
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
		case 0x64:
		case 0x65:
		case 0xf0:
		case 0xf2:
		case 0xf3:
			break;
		default:
			if ((b & 0xf0) == 0x40) {
				d->rex = b & 15;
				d->i++;
			}
			return;
		}
		d->i++;
	}
}

static void read_vex(struct decoder *d, uint8_t first)
{
	uint8_t p0 = take(d);

	d->vex = true;
	d->map = 1;
	if (first == 0xc5) {
		d->rex = p0 & 0x80 ? 0 : 4;
	} else {
		uint8_t p1 = take(d);

		d->rex = (~p0 >> 5 & 7) | (p1 & 0x80 ? 8 : 0);
		d->map = p0 & (first == 0x62 ? 7 : 31);
		if (first == 0x62) {
			take(d);
		}
	}
	d->op = take(d);
}

static void read_opcode(struct decoder *d)
{
	uint8_t b = take(d);

	if (b == 0xc4 || b == 0xc5 || b == 0x62) {
		read_vex(d, b);
		return;
	}
	d->op = b;
	if (b == 0x0f) {
		d->op = take(d);
		d->map = 1;
		if (d->op == 0x38 || d->op == 0x3a) {
			d->map = d->op == 0x38 ? 2 : 3;
			d->op = take(d);
		}
	}
}

static void read_modrm(struct decoder *d)
{
	uint8_t b = take(d);

	d->mod = b >> 6;
	d->reg = (b >> 3 & 7) | (d->rex & 4 ? 8 : 0);
	d->rm = b & 7;
	if (d->mod == 3) {
		d->rm |= d->rex & 1 ? 8 : 0;
		return;
	}
	if (d->rm == 4) {
		uint8_t sib = take(d);
		unsigned base = sib & 7;

		d->sp_based = sib == 0x24 && !(d->rex & 3);
		if (d->mod == 0 && base == 5) {
			d->disp = take_signed(d, 4);
		}
	} else if (d->mod == 0 && d->rm == 5) {
		d->rip_based = true;
		d->disp = take_signed(d, 4);
	} else {
		d->fp_based = d->rm == RBP && !(d->rex & 1);
		d->r10_based = d->rm == (R10 & 7) && (d->rex & 1);
	}
	if (d->mod == 1) {
		d->disp = take_signed(d, 1);
	} else if (d->mod == 2) {
		d->disp = take_signed(d, 4);
	}
}

static char follows(const struct decoder *d)
{
	if (d->vex) {
		if (d->map == 1 && d->op == 0x77) { /* vzeroupper */
			return '.';
		}
		return d->map == 3 || (d->map == 1 && two_byte[d->op] == 'b') ? 'b' : 'm';
	}
	switch (d->map) {
	case 0:
		return one_byte[d->op];
	case 1:
		return two_byte[d->op];
	case 2:
		return 'm';
	default:
		return 'b';
	}
}

static void read_rest(struct decoder *d)
{
	unsigned wide = d->operand16 ? 2 : 4;

	switch (follows(d)) {
	case '.':
		break;
	case 'm':
		read_modrm(d);
		break;
	case 'b':
		read_modrm(d);
		d->imm = take_signed(d, 1);
		break;
	case 'z':
		read_modrm(d);
		d->imm = take_signed(d, wide);
		break;
	case '1':
	case 'j':
		d->imm = take_signed(d, 1);
		break;
	case '4':
		d->imm = take_signed(d, wide);
		break;
	case 'J':
		d->imm = take_signed(d, 4);
		break;
	case 'w':
		d->imm = take_signed(d, 2);
		break;
	case '*':
		if (d->op <= 0xa3) { /* moffs */
			take_signed(d, d->address32 ? 4 : 8);
		} else if (d->op >= 0xb8 && d->op <= 0xbf) {
			d->imm = take_signed(d, d->rex & 8 ? 8 : wide);
		} else if (d->op == 0xc8) {
			take_signed(d, 3);
		} else {
			read_modrm(d);
			if ((d->reg & 7) < 2) {
				d->imm = take_signed(d, d->op == 0xf6 ? 1 : wide);
			}
		}
		break;
	default:
		d->bad = true;
	}
}

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

_Static_assert(sizeof one_byte_writes == 257 && sizeof two_byte_writes == 257, "likewise");

static bool group_writes(const struct decoder *d)
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

static char writes(const struct decoder *d)
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

static bool has_modrm(const struct decoder *d)
{
	char c = follows(d);

	return c == 'm' || c == 'b' || c == 'z' || (c == '*' && (d->op == 0xf6 || d->op == 0xf7));
}

/* Instructions that move rsp or rbp in a way that can be followed. INSN_PLAIN: not one of these. */
static struct insn move_of_stack(const struct decoder *d)
{
	bool rm_sp = d->mod == 3 && d->rm == RSP, rm_fp = d->mod == 3 && d->rm == RBP;
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
			return made(d->reg == RBP   ? INSN_FP_STORE
				    : d->reg == R10 ? INSN_R10_STORE
						    : INSN_STORE,
				    d->disp);
		}
		if ((rm_sp && d->reg == RBP) || (rm_fp && d->reg == RSP)) {
			return made(rm_sp ? INSN_SP_FROM_FP : INSN_FP_FROM_SP, 0);
		}
		break;
	case 0x8b:
		if ((rm_fp && d->reg == RSP) || (rm_sp && d->reg == RBP)) {
			return made(rm_fp ? INSN_SP_FROM_FP : INSN_FP_FROM_SP, 0);
		}
		if (d->reg == RBP && on_stack) {
			return made(d->sp_based ? INSN_FP_LOAD_SP : INSN_FP_LOAD_FP, d->disp);
		}
		if (d->reg == R10 && d->fp_based) {
			return made(INSN_R10_LOAD, d->disp);
		}
		break;
	case 0x8d:
		if (d->reg == RSP && (on_stack || d->r10_based)) {
			return made(d->sp_based	  ? INSN_SP_ADD
				    : d->fp_based ? INSN_SP_FROM_FP
						  : INSN_SP_FROM_R10,
				    d->disp);
		}
		if (d->reg == RBP && d->sp_based) {
			return made(INSN_FP_FROM_SP, d->disp);
		}
	}
	return made(INSN_PLAIN, 0);
}

static struct insn lost(unsigned reg)
{
	return made(reg == RSP	 ? INSN_SP_LOST
		    : reg == RBP ? INSN_FP_LOST
		    : reg == R10 ? INSN_R10_LOST
				 : INSN_PLAIN,
		    0);
}

static struct insn by_modrm(const struct decoder *d)
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

_Static_assert(sizeof one_byte_kinds == 257, "likewise");

static struct insn pop_into(const struct decoder *d, unsigned reg)
{
	if (d->operand16 || reg == RSP) {
		return made(INSN_SP_LOST, 0);
	}
	return made(reg == RBP ? INSN_POP_FP : reg == R10 ? INSN_POP_R10 : INSN_POP, 0);
}

static struct insn by_group_ff(const struct decoder *d)
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

static struct insn one_byte_insn(const struct decoder *d)
{
	unsigned reg = (d->op & 7) | (d->rex & 1 ? 8 : 0);

	switch (one_byte_kinds[d->op]) {
	case 'P':
		return made(d->operand16 ? INSN_SP_LOST : INSN_PUSH, 0);
	case 'p':
		return made(INSN_POP, 0);
	case '<':
		return made(d->operand16 ? INSN_SP_LOST : reg == RBP ? INSN_PUSH_FP : INSN_PUSH, 0);
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
	struct decoder d = {.at = at, .n = n};
	struct insn insn;

	read_prefixes(&d);
	read_opcode(&d);
	if (!d.bad) {
		read_rest(&d);
	}
	if (d.bad) {
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
