/* SPDX-License-Identifier: Apache-2.0 */
/*
 * insn_form.c - the parts of an x86-64 instruction
 *
 * Source: Intel SDM volume 2, chapter 2 and appendix A. Prefixes, REX or VEX or EVEX, opcode,
 * ModRM, SIB, displacement, immediate. Two tables of one character an opcode tell what follows it:
 *     .  nothing          m  ModRM            b  ModRM + imm8       z  ModRM + imm16/32
 *     1  imm8             4  imm16/32         w  imm16              x  not in 64-bit code, or a
 *     j  rel8             J  rel32                                     prefix (handled before)
 *     *  told apart in the code
 */
#include "insn_form.h"

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

static uint8_t take(struct insn_form *d)
{
	if (d->i >= d->n || d->i >= 15) {
		d->bad = true;
		return 0;
	}
	return d->at[d->i++];
}

static int32_t take_signed(struct insn_form *d, unsigned bytes)
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

static void read_prefixes(struct insn_form *d)
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

static void read_vex(struct insn_form *d, uint8_t first)
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

static void read_opcode(struct insn_form *d)
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

static void read_modrm(struct insn_form *d)
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
		d->fp_based = d->rm == INSN_RBP && !(d->rex & 1);
		d->r10_based = d->rm == (INSN_R10 & 7) && (d->rex & 1);
	}
	if (d->mod == 1) {
		d->disp = take_signed(d, 1);
	} else if (d->mod == 2) {
		d->disp = take_signed(d, 4);
	}
}

char insn_form_follows(const struct insn_form *d)
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

static void read_rest(struct insn_form *d)
{
	unsigned wide = d->operand16 ? 2 : 4;

	switch (insn_form_follows(d)) {
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

bool insn_form_read(struct insn_form *d, const uint8_t *at, size_t n)
{
	*d = (struct insn_form){.at = at, .n = n};
	read_prefixes(d);
	read_opcode(d);
	if (!d->bad) {
		read_rest(d);
	}
	return !d->bad;
}
