/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arch.h - what depends on the processor, and nothing else does
 *
 * A port is one more arch_<cpu>.h with the same names: arch_syscall(), the registers that a stack
 * walk begins with and their DWARF numbers, and what the Go runtime's assembly leaves on the stack.
 */
#ifndef LEAKTRACK_ARCH_H
#define LEAKTRACK_ARCH_H

/* Large zero memory that most processes never touch: apart from the small statics, which then lie
 * on a page or two. Each page that a process touches costs it a fault at start (tested with
 * /bin/true: ten of them were a third of what we cost it). The Makefile has the linker sort
 * sections by name. */
#define ARCH_LARGE __attribute__((section(".bss.large")))

#if defined(__x86_64__)
#include "arch_x86_64.h"
#else
#error "no arch_<cpu>.h for this processor yet"
#endif

#endif
