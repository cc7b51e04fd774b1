/* SPDX-License-Identifier: Apache-2.0 */
/*
 * insn_form.h - the parts of an x86-64 instruction: opcode, registers, memory operand, immediate
 *
 * Right for all of integer, x87, SSE, AVX and AVX-512 code, as to length; what the parts mean is
 * insn.c's affair.
 */
#ifndef LEAKTRACK_INSN_FORM_H
#define LEAKTRACK_INSN_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INSN_RSP = 4, INSN_RBP = 5, INSN_R10 = 10 }; /* numbers of registers */

struct insn_form {
	const uint8_t *at;
	size_t n, i; /* bytes there are, bytes read */
	bool operand16, address32;
	unsigned rex; /* W 8, R 4, X 2, B 1 */
	unsigned map; /* 0 one byte, 1 0f, 2 0f38, 3 0f3a, more: EVEX's */
	bool vex;
	unsigned op;
	unsigned mod, reg,
		rm;    /* reg and rm with REX; rm == INSN_RSP in memory operands: as its SIB says */
	bool sp_based; /* the memory operand is disp(%rsp) */
	bool fp_based; /* ... disp(%rbp) */
	bool r10_based; /* ... disp(%r10) */
	bool rip_based;
	int32_t disp, imm;
	bool bad;
};

/* insn_form_read - take apart the instruction at @at, of which @n bytes are readable
 * Returns false when it is unknown, or cut by the end of the code. Context: sample. */
bool insn_form_read(struct insn_form *form, const uint8_t *at, size_t n);

/* insn_form_follows - what follows the opcode, as the table in insn_form.c has it. Context: sample.
 */
char insn_form_follows(const struct insn_form *form);

#endif
