/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_cfi.h - the one door to libunwind: a rule from a module's call frame information
 *
 * libunwind's remote interface is turned on our own process, but not on its stack: it steps once
 * from made-up registers through made-up memory, and what it asked for tells the rule
 * (rules_cfi.c). So a rule can be learned without a stack, and nothing that is wrong on a stack can
 * mislead it.
 *
 * Locks and system calls: loading it takes the loader's lock and allocates; hence rules_cfi_ready()
 * at a safe point only. A question takes a lock of ours (never waited for by the thread that holds
 * it, and by others for a bounded time) and libunwind's pool lock; its pool may ask the kernel for
 * memory. So it is not asked once sys_sealed(), nor in the child of a fork that found the
 * lock held by another thread. It keeps no descriptor: the pipe that it opens is closed at once.
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
	RULES_CFI_NONE,	 /* no information for this program counter, or no libunwind at all */
	RULES_CFI_BAD,	 /* there is information, but it makes no rule that we can follow */
	RULES_CFI_LATER, /* libunwind cannot be asked now */
};

/* rules_cfi_ready - load libunwind
 * Returns false when this machine has none; then every answer is RULES_CFI_NONE.
 * Context: start, at a safe point: the loader is idle and no other thread can hold its lock. */
bool rules_cfi_ready(void);

/* rules_cfi_learn - the rule for the code before the return address @pc of @m. Context: sample. */
enum rules_cfi rules_cfi_learn(const struct module *m, uintptr_t pc, uint32_t *rule);

/* rules_cfi_starts - whether a function of @m starts at @pc. Context: sample. */
bool rules_cfi_starts(const struct module *m, uintptr_t pc);

/* rules_cfi_fork_child - in a fork child, before its first sample. Context: sample. */
void rules_cfi_fork_child(void);

#endif
