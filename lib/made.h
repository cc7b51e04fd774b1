/* SPDX-License-Identifier: Apache-2.0 */
/*
 * made.h - frames of code that was made at run time, by the frame pointer
 *
 * Such code belongs to no module and tells nothing of its frames. What is asked here is whether the
 * frame pointer can be believed.
 */
#ifndef LEAKTRACK_MADE_H
#define LEAKTRACK_MADE_H

#include <stdbool.h>
#include <stdint.h>

#include "spans.h"
#include "unwind.h"

/* made_note - there is such code at @pc. Context: sample. */
void made_note(uintptr_t pc);

/* made_is_near - whether @word lies so near to such code at @pc that it may lead to such code, too.
 * Context: sample. */
bool made_is_near(uintptr_t pc, uintptr_t word);

/* made_is_next - whether r->fp can only be the frame pointer of the code at r->pc itself
 * @span  the stack: every word from r->sp to its end can be read
 * Context: sample. One system call for each word that leads near r->pc. */
bool made_is_next(const struct unwind_regs *r, const struct span *span);

#endif
