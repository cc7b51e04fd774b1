/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_cfi.h - a rule from a module's call frame information
 *
 * It depends on the code alone: no stack is looked at, and nothing that is wrong on one can mislead
 * it. No lock, no library, no system call, so any number of threads and handlers may ask at once,
 * in any sandbox. tests/unit/test_rules_cfi.c asks it about every call in large libraries and
 * compares with libunwind.
 *
 * It does not decide what to do about code without call frame information.
 */
#ifndef LEAKTRACK_RULES_CFI_H
#define LEAKTRACK_RULES_CFI_H

#include <stdbool.h>
#include <stdint.h>

#include "modules.h"

enum rules_cfi {
	RULES_CFI_FOUND, /* there is a rule */
	RULES_CFI_NONE,	 /* no information for this program counter */
	RULES_CFI_BAD,	 /* there is information, but it makes no rule that we can follow */
};

/* rules_cfi_learn - the rule for the code before the return address @pc of @m. Context: sample. */
enum rules_cfi rules_cfi_learn(const struct module *m, uintptr_t pc, uint32_t *rule);

/* rules_cfi_starts - whether a function of @m starts at @pc. Context: sample. */
bool rules_cfi_starts(const struct module *m, uintptr_t pc);

/* rules_cfi_saves - whether the frame of that code saved its caller's register of (DWARF's) number
 * @reg on the stack, at @offset from its CFA. Context: sample. */
bool rules_cfi_saves(const struct module *m, uintptr_t pc, unsigned reg, int32_t *offset);

#endif
