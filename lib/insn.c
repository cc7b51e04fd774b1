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

/* The register that the instruction writes through ModRM's reg (1) or rm (2) field: one bit each.
 */
static unsigned writes(const struct decoder *d)
{
	unsigned op = d->op;

	if (d->vex) {
		if (d->map == 2 && op >= 0xf2 && op <= 0xf7) {
			return 1 | 2; /* BMI; the vvvv ones are not told apart from others */
		}
		return d->map == 3 && op == 0xf0   ? 1
		       : d->map == 1 && op == 0x7e ? 2
		       : d->map == 1 && (op == 0x2c || op == 0x2d || op == 0x50 || op == 0xd7 ||
					 op == 0xc5)
			       ? 1
		       : d->map == 3 && op >= 0x14 && op <= 0x17 ? 2
								 : 0;
	}
	if (d->map == 1) {
		if ((op & 0xf0) == 0x40 || op == 0xaf || (op >= 0xb6 && op <= 0xb8) ||
		    (op >= 0xbc && op <= 0xbf) || op == 2 || op == 3 || op == 0x2c || op == 0x2d ||
		    op == 0x50 || op == 0xd7 || op == 0xc5) {
			return 1;
		}
		if ((op & 0xf0) == 0x90 || op == 0xa4 || op == 0xa5 || op == 0xab || op == 0xac ||
		    op == 0xad || op == 0xb0 || op == 0xb1 || op == 0xb3 || op == 0xba ||
		    op == 0xbb || op == 0x7e) {
			return 2;
		}
		return op == 0xc0 || op == 0xc1 ? 3 : 0;
	}
	if (d->map == 2) {
		return op == 0xf0 || op == 0xf1 || op == 0xf6 ? 1 : 0;
	}
	if (d->map == 3) {
		return op >= 0x14 && op <= 0x17 ? 2 : 0;
	}
	if (op < 0x38 && (op & 7) < 4) {
		return op & 2 ? 1 : 2;
	}
	switch (op) {
	case 0x63:
	case 0x69:
	case 0x6b:
	case 0x8a:
	case 0x8b:
	case 0x8d:
		return 1;
	case 0x80:
	case 0x81:
	case 0x83:
		return (d->reg & 7) == 7 ? 0 : 2;
	case 0x86:
	case 0x87:
		return 3;
	case 0x88:
	case 0x89:
	case 0x8c:
	case 0x8f:
	case 0xc0:
	case 0xc1:
	case 0xc6:
	case 0xc7:
	case 0xd0:
	case 0xd1:
	case 0xd2:
	case 0xd3:
	case 0xfe:
		return 2;
	case 0xf6:
	case 0xf7:
		return (d->reg & 7) == 2 || (d->reg & 7) == 3 ? 2 : 0;
	case 0xff:
		return (d->reg & 7) < 2 ? 2 : 0;
	default:
		return 0;
	}
}

static bool has_modrm(const struct decoder *d)
{
	char c = follows(d);

	return c == 'm' || c == 'b' || c == 'z' || (c == '*' && (d->op == 0xf6 || d->op == 0xf7));
}

static struct insn by_modrm(const struct decoder *d)
{
	unsigned w = writes(d);
	bool sp = false, fp = false, r10 = false;

	if (d->map == 0 && !d->vex && (d->rex & 8)) {
		bool rm_sp = d->mod == 3 && d->rm == RSP, rm_fp = d->mod == 3 && d->rm == RBP;

		if ((d->op == 0x83 || d->op == 0x81) && rm_sp && (d->reg & 7) == 0) {
			return made(INSN_SP_ADD, d->imm);
		}
		if ((d->op == 0x83 || d->op == 0x81) && rm_sp && (d->reg & 7) == 5) {
			return made(INSN_SP_ADD, -d->imm);
		}
		if ((d->op == 0x89 && rm_sp && d->reg == RBP) ||
		    (d->op == 0x8b && rm_fp && d->reg == RSP)) {
			return made(INSN_SP_FROM_FP, 0);
		}
		if ((d->op == 0x89 && rm_fp && d->reg == RSP) ||
		    (d->op == 0x8b && rm_sp && d->reg == RBP)) {
			return made(INSN_FP_FROM_SP, 0);
		}
		if (d->op == 0x8d && d->reg == RSP && (d->sp_based || d->fp_based)) {
			return made(d->sp_based ? INSN_SP_ADD : INSN_SP_FROM_FP, d->disp);
		}
		if (d->op == 0x8d && d->reg == RSP && d->r10_based) {
			return made(INSN_SP_FROM_R10, d->disp);
		}
		if (d->op == 0x8b && d->reg == R10 && d->fp_based) {
			return made(INSN_R10_LOAD, d->disp);
		}
		if (d->op == 0x8d && d->reg == RBP && d->sp_based) {
			return made(INSN_FP_FROM_SP, d->disp);
		}
		if (d->op == 0x8b && d->reg == RBP && (d->sp_based || d->fp_based)) {
			return made(d->sp_based ? INSN_FP_LOAD_SP : INSN_FP_LOAD_FP, d->disp);
		}
		if (d->op == 0x89 && d->reg == RBP && d->sp_based) {
			return made(INSN_FP_STORE, d->disp);
		}
	}
	if (w & 1) {
		sp = d->reg == RSP;
		fp = d->reg == RBP;
		r10 = d->reg == R10;
	}
	if ((w & 2) && d->mod == 3) {
		sp = sp || d->rm == RSP;
		fp = fp || d->rm == RBP;
		r10 = r10 || d->rm == R10;
	}
	return made(sp ? INSN_SP_LOST : fp ? INSN_FP_LOST : r10 ? INSN_R10_LOST : INSN_PLAIN, 0);
}

static struct insn one_byte_insn(const struct decoder *d)
{
	unsigned op = d->op, r = op & 7;
	bool extended = d->rex & 1;

	if (op >= 0x70 && op <= 0x7f) {
		return made(INSN_BRANCH, d->imm);
	}
	if (op >= 0x50 && op <= 0x5f) {
		if (d->operand16) {
			return made(INSN_SP_LOST, 0);
		}
		if (op < 0x58) {
			return made(r == RBP && !extended ? INSN_PUSH_FP : INSN_PUSH, 0);
		}
		return made(r == RBP && !extended	 ? INSN_POP_FP
			    : r == RSP && !extended	 ? INSN_SP_LOST
			    : r == (R10 & 7) && extended ? INSN_POP_R10
							 : INSN_POP,
			    0);
	}
	switch (op) {
	case 0x68:
	case 0x6a:
	case 0x9c:
		return made(INSN_PUSH, 0);
	case 0x9d:
		return made(INSN_POP, 0);
	case 0xc2:
		return made(INSN_RET, d->imm);
	case 0xc3:
		return made(INSN_RET, 0);
	case 0xc9:
		return made(INSN_LEAVE, 0);
	case 0xc8:
	case 0xca:
	case 0xcb:
	case 0xcf:
		return made(INSN_BAD, 0);
	case 0xcc:
	case 0xf4:
		return made(INSN_STOP, 0);
	case 0xe0:
	case 0xe1:
	case 0xe2:
	case 0xe3:
		return made(INSN_BRANCH, d->imm);
	case 0xe8:
		return made(INSN_CALL, d->imm);
	case 0xe9:
	case 0xeb:
		return made(INSN_JUMP, d->imm);
	case 0xff:
		switch (d->reg & 7) {
		case 2:
		case 3:
			return made(INSN_CALL, 0);
		case 4:
		case 5:
			return made(d->rip_based ? INSN_JUMP_SLOT : INSN_JUMP_LOST, 0);
		case 6:
			return made(INSN_PUSH, 0);
		}
		return by_modrm(d);
	case 0x8f:
		if (d->reg & 7) {
			return made(INSN_BAD, 0); /* AMD's XOP */
		}
		return made(d->mod == 3 ? INSN_SP_LOST : INSN_POP, 0);
	}
	if ((op & 0xf8) == 0xb8 || (op & 0xf8) == 0xb0 || (op >= 0x91 && op <= 0x97)) {
		bool wide = op >= 0xb8 || op < 0xb0 || d->rex;

		return made(!wide || extended ? INSN_PLAIN
			    : r == RSP	      ? INSN_SP_LOST
			    : r == RBP	      ? INSN_FP_LOST
					      : INSN_PLAIN,
			    0);
	}
	return has_modrm(d) ? by_modrm(d) : made(INSN_PLAIN, 0);
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
		insn = made((d.rex & 1) || (d.op & 7) != RBP ? INSN_PLAIN : INSN_FP_LOST, 0);
	} else {
		insn = has_modrm(&d) ? by_modrm(&d) : made(INSN_PLAIN, 0);
	}
	insn.length = (unsigned)d.i;
	return insn;
}
