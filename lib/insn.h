/* SPDX-License-Identifier: Apache-2.0 */
/*
 * insn.h - how long an x86-64 instruction is, and what it does to rsp, rbp and r10
 *
 * No disassembler: of everything else only the length is told. Lengths are right for all of
 * integer, x87, SSE, AVX and AVX-512 code; what is not known is INSN_BAD. An instruction that
 * changes rsp or rbp in a way that has no kind of its own is INSN_SP_LOST or INSN_FP_LOST.
 */
#ifndef LEAKTRACK_INSN_H
#define LEAKTRACK_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum insn_kind {
	INSN_BAD,	  /* unknown, or cut by the end of the code */
	INSN_PLAIN,	  /* none of the three changes */
	INSN_RET,	  /* value: bytes of arguments that it pops */
	INSN_JUMP,	  /* value: distance from its end */
	INSN_BRANCH,	  /* likewise, perhaps */
	INSN_JUMP_SLOT,	  /* jmp *x(%rip): to another function, through a table of addresses */
	INSN_JUMP_LOST,	  /* to a place that cannot be told */
	INSN_CALL,	  /* value: distance from its end; 0: cannot be told */
	INSN_STOP,	  /* does not go on: hlt, int3, ud2 */
	INSN_PUSH,	  /* rsp -= 8 */
	INSN_PUSH_FP,	  /* rsp -= 8, [rsp] = rbp */
	INSN_FP_STORE,	  /* [rsp + value] = rbp */
	INSN_R10_STORE,	  /* [rsp + value] = r10 */
	INSN_STORE,	  /* [rsp + value] = another register */
	INSN_POP,	  /* rsp += 8 */
	INSN_POP_FP,	  /* rbp = [rsp], rsp += 8 */
	INSN_SP_ADD,	  /* rsp += value */
	INSN_SP_FROM_FP,  /* rsp = rbp + value */
	INSN_FP_FROM_SP,  /* rbp = rsp + value */
	INSN_LEAVE,	  /* rsp = rbp, pop rbp */
	INSN_FP_LOAD_SP,  /* rbp = [rsp + value] */
	INSN_FP_LOAD_FP,  /* rbp = [rbp + value] */
	INSN_POP_R10,	  /* r10 = [rsp], rsp += 8; gcc restores rsp from r10 in realigned frames */
	INSN_R10_LOAD,	  /* r10 = [rbp + value] */
	INSN_SP_FROM_R10, /* rsp = r10 + value */
	INSN_R10_LOST,
	INSN_SP_LOST,
	INSN_FP_LOST,
};

struct insn {
	enum insn_kind kind;
	unsigned length;
	int32_t value;
	bool below_fp; /* it speaks of memory below rbp, as code does whose rbp is a frame pointer
			*/
};

/* insn_read - the instruction at @at, of which @n bytes are readable. Context: sample. */
struct insn insn_read(const uint8_t *at, size_t n);

#endif
