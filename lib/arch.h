/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arch.h - what depends on the processor, and nothing else does
 *
 * A port is one more arch_<cpu>.h with the same names: arch_syscall(), the registers that a stack
 * walk begins with and their DWARF numbers, and what the Go runtime's assembly leaves on the stack.
 */
#ifndef LEAKTRACK_ARCH_H
#define LEAKTRACK_ARCH_H

#if defined(__x86_64__)
#include "arch_x86_64.h"
#else
#error "no arch_<cpu>.h for this processor yet"
#endif

#endif
