/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_code.h - a rule from the code itself, where a module has no unwind information for it
 *
 * From a return address on, a function runs to one of its ends, and there it must have undone what
 * it did to the stack: rsp points at its return address, rbp is the caller's. So the code is
 * followed to a return, with rsp and rbp as symbols; where rsp then is, relative to what it was or
 * to rbp, is the rule. It needs no library, no lock, no system call, and no stack.
 *
 * How far to trust it: lib/README and tests/unit/test_rules_code.c, which asks it about every call
 * in the C library and compares with the unwind tables. It can be wrong behind a call that never
 * returns (what comes next may be another function), so several ends must agree where there are
 * several, and the walk believes the frame only when a call ends at its return address.
 */
#ifndef LEAKTRACK_RULES_CODE_H
#define LEAKTRACK_RULES_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "modules.h"

/* rules_code_learn - the rule for the return address @pc of @m
 * @exact it is no return address: the frame was interrupted at pc - 1
 * Returns false when no end is reached, or the ends disagree, and rbp does not seem to be a frame
 * pointer either.
 * Context: sample. */
bool rules_code_learn(const struct module *m, uintptr_t pc, bool exact, uint32_t *rule);

enum rules_code_made {
	RULES_CODE_NONE,
	RULES_CODE_ENDS, /* as its ends tell */
	RULES_CODE_USES, /* it uses memory below rbp, as code does whose rbp is a frame pointer */
};

/* rules_code_learn_made - likewise for code of no module, from a copy. The answer holds now, for
 * such code may be another next time.
 * Context: sample. One system call; RULES_CODE_NONE once sys_sealed(). */
enum rules_code_made rules_code_learn_made(uintptr_t pc, bool exact, uint32_t *rule);

#endif
