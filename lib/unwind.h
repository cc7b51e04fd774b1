/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwind.h - from a program counter and two registers to the addresses that called it
 *
 * A walk is a loop over rules (rules.h): each program counter has one that tells where the caller's
 * frame, return address and frame pointer are. The walk knows nothing of DWARF or of Go;
 * what it adds is proof: no word is read that does not lie in a span of memory known to
 * be a live stack (spans.h). A damaged stack, an unknown program counter or junk in the frame
 * pointer ends the walk, never the program, and never adds a frame that was not there.
 */
#ifndef LEAKTRACK_UNWIND_H
#define LEAKTRACK_UNWIND_H

#include <stddef.h>
#include <stdint.h>

/* Where a walk begins: the return address of the call into us, the stack pointer as the caller has
 * it after that return, and the frame pointer register. */
struct unwind_regs {
	uintptr_t pc, sp, fp;
};

enum {
	UNWIND_CUT = 1, /* the outermost frame could not be found; the last pc is UNWIND_PC_CUT */
	UNWIND_UNTOLD =
		4, /* with UNWIND_CUT: at the innermost frame, whose code tells nothing of itself */
	UNWIND_DEEP =
		2, /* frames were left out; a pc of UNWIND_PC_ELLIPSIS stands in their place */
};

#define UNWIND_PC_ELLIPSIS ((uintptr_t)1)
#define UNWIND_PC_CUT	   ((uintptr_t)2)

#define UNWIND_DEPTH_MAX   512 /* the most that LEAKTRACK_DEPTH can ask for */

/* unwind_walk - the call stack as return addresses, innermost (regs->pc) first
 * @pcs    room for @depth + 1 values
 * @depth  the most frames wanted, 2 to UNWIND_DEPTH_MAX; a deeper stack keeps its innermost frames
 *         and the outermost few, with UNWIND_PC_ELLIPSIS between; beyond 4,096 frames it is cut
 * @flags  UNWIND_* of this walk
 * Returns how many values stand in @pcs, at least 1. A frame that a signal interrupted is written
 * + 1, so that 'address - 1' finds the right line for every frame.
 * Context: sample. Makes no system call where the stack is known; at most one where it is not, one
 * for each page that holds a Go g for the first time, a few for each frame of code that was made at
 * run time, and none once sys_sealed(). */
size_t unwind_walk(const struct unwind_regs *regs, uintptr_t *pcs, size_t depth, unsigned *flags);

struct memo;

/* unwind_walk_memo - the same; what @memo knows of the last walk is proven instead of walked. NULL
 * or all zero: it knows nothing. Context: sample. */
size_t unwind_walk_memo(const struct unwind_regs *regs, struct memo *memo, uintptr_t *pcs,
			size_t depth, unsigned *flags);

#endif
