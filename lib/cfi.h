/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cfi.h - how a frame looks at one place in the code, by its call frame information
 *
 * The programs of an entry (ehframe.h) are run up to that place, with the registers as symbols: the
 * answer holds for every stack, and nothing that is wrong on a stack can mislead it. It is a pure
 * function of the entry: no lock, no state, no system call.
 *
 * Values hang on the stack pointer or the frame pointer: in compiled code those two are all that a
 * return address needs. What hangs on another register is CFI_LOST, but for a plain one + offset:
 * so the loader finds its frames where it binds a function at its first call.
 */
#ifndef LEAKTRACK_CFI_H
#define LEAKTRACK_CFI_H

#include <stdbool.h>
#include <stdint.h>

#include "ehframe.h"

/* A value at that place, as far as it can be told without a stack. */
enum cfi_kind {
	CFI_LOST,
	CFI_NUMBER, /* offset alone */
	CFI_SP,	    /* sp + offset */
	CFI_FP,
	CFI_AT_SP, /* the word at sp + place, + offset */
	CFI_AT_FP,
	CFI_OTHER, /* another register, of number place, + offset */
};

struct cfi_value {
	enum cfi_kind kind;
	int64_t place, offset;
};

/* Where a register of the caller is. */
enum cfi_saved { CFI_UNCHANGED, CFI_UNDEFINED, CFI_SAVED_LOST, CFI_SAVED_CFA, CFI_SAVED };

struct cfi_place {
	enum cfi_saved saved;
	int64_t offset;	     /* CFI_SAVED_CFA: from the CFA */
	struct cfi_value at; /* CFI_SAVED: the address */
};

struct cfi_frame {
	struct cfi_value cfa;
	struct cfi_place pc, fp, sp; /* sp: CFI_UNCHANGED: it is the CFA, as usual */
};

/* cfi_frame_at - the frame of code that was interrupted at, or called from, the instruction at @ip
 * Returns false when the programs are not understood.
 * Context: sample. */
bool cfi_frame_at(const struct ehframe *f, uintptr_t ip, struct cfi_frame *frame);

/* cfi_saves - whether that frame saved its caller's register of number @reg on the stack, at
 * @offset from the CFA. Context: sample. */
bool cfi_saves(const struct ehframe *f, uintptr_t ip, unsigned reg, int64_t *offset);

#endif
