/* SPDX-License-Identifier: Apache-2.0 */
/*
 * witness_cfi.h - the rule that libunwind would follow, to compare rules_cfi.c with
 *
 * Its remote interface steps once from made-up registers through made-up memory, and what it asked
 * for tells the rule: nothing of lib/ but the form of a rule is used.
 */
#ifndef LEAKTRACK_WITNESS_CFI_H
#define LEAKTRACK_WITNESS_CFI_H

#include "rules_cfi.h"

/* Returns false when this machine has no libunwind. */
bool witness_ready(void);

enum rules_cfi witness_learn(const struct module *m, uintptr_t pc, uint32_t *rule);

#endif
