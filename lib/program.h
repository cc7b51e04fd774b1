/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program.h - the path of the program that runs here
 *
 * /proc/self/exe, save where somebody started the program by the loader, as in
 * `/lib64/ld-linux-x86-64.so.2 ./prog`: then that is the loader's, and the program is the file that
 * is mapped where the first link map has its dynamic section. And what can be told of another
 * process: does it run under the library, too?
 */
#ifndef LEAKTRACK_PROGRAM_H
#define LEAKTRACK_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

/* program_path - its path as the kernel has it, in @to, not ended by 0
 * @room  bytes at @to; a longer path is cut
 * Returns its length; 0: not known. Descriptors: opens one for a moment, where the loader was
 * used. Context: sample. */
uint32_t program_path(char *to, uint32_t room);

/* program_path_at - the same of the file that is mapped at @address, by /proc/self/maps. Context:
 * sample. */
uint32_t program_path_at(uintptr_t address, char *to, uint32_t room);

/* program_is_under_library - does the process @pid run under the library? By its mappings.
 * Descriptors: opens one for a moment. Context: sample. */
bool program_is_under_library(uint32_t pid);

/* program_was_given - was @pid started with @text (NAME=value) in its environment? Context: sample.
 */
bool program_was_given(uint32_t pid, const char *text);

#endif
