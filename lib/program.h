/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program.h - the path of the program that runs here
 *
 * /proc/self/exe, save where somebody started the program by the loader, as in
 * `/lib64/ld-linux-x86-64.so.2 ./prog`: then that is the loader's, and the program is the file that
 * is mapped where the first link map has its dynamic section.
 */
#ifndef LEAKTRACK_PROGRAM_H
#define LEAKTRACK_PROGRAM_H

#include <stdint.h>

/* program_path - its path as the kernel has it, in @to, not ended by 0
 * @room  bytes at @to; a longer path is cut
 * Returns its length; 0: not known. Descriptors: opens one for a moment, where the loader was
 * used. Context: sample. */
uint32_t program_path(char *to, uint32_t room);

#endif
