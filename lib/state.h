/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - create, map and size the state file
 *
 * One mapping a process, made once, at a safe point (ready.h), never unmapped: a handler may be
 * reading it. Memory is reserved before it is touched (the kernel fills the pages and tells when
 * there are none), so a full tmpfs is an error value here and never SIGBUS in the host.
 *
 * A forked child shares the parent's mapping until it first asks for its state: state_enter() sees
 * that the page marked MADV_WIPEONFORK has been wiped, and lays a new file over the old one. So it
 * works however the child was made, and a child of vfork or clone(CLONE_VM), which shares the
 * parent's heap, goes on in the parent's file.
 *
 * Where no file can be had (no /dev/shm, no descriptor left) the memory is anonymous: the profile
 * is as good, only it does not outlive the process.
 */
#ifndef LEAKTRACK_STATE_H
#define LEAKTRACK_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"

/* state_make - make the file, unless there is one. Returns whether there is one now.
 * Context: sample, where descriptors may be opened (ready.h says when). */
bool state_make(void);

/* state_enter - this process's state, ready to be written; NULL when there is none.
 * In a forked child that has none of its own yet, makes it: single-threaded by nature.
 * Context: sample. */
struct layout_header *state_enter(void);

/* state_look - this process's state; NULL also in a child that has none of its own yet: what the
 * filter knows there are the parent's samples. Context: hot. */
struct layout_header *state_look(void);

/* state_bytes - of the mapping, as we made it: the header may have been written over. Context: hot.
 */
uint64_t state_bytes(void);

/* state_reserve - make sure that the first @bytes of a region may be touched
 * Returns false when the budget, the memory or the window ends. Context: sample; lock-free. */
bool state_reserve(struct layout_header *h, enum layout_region which, uint64_t bytes);

/* state_take - the next @bytes of a region, zeroed, as an offset in its window
 * Returns false as state_reserve() does. Context: sample; lock-free. */
bool state_take(struct layout_header *h, enum layout_region which, uint64_t bytes, uint64_t *at);

static inline void *state_at(struct layout_header *h, enum layout_region which, uint64_t at)
{
	return (uint8_t *)h + h->windows[which].offset + at;
}

/* state_pressure - how far the budget is used up: 0 below three quarters, then 1 for each further
 * thirty-second part. Context: sample. */
unsigned state_pressure(const struct layout_header *h);

/* state_prepare_seal - reserve what a sandboxed process may want, for it cannot grow. Context:
 * sample. */
void state_prepare_seal(void);

/* state_shrink - the host is about to limit its address space to @limit bytes: give back what is
 * mapped for growth, if it is more than its share. Context: start. */
void state_shrink(uint64_t limit);

/* state_close - the process ends: make no state any more, in a forked child neither. Context: dump.
 */
void state_close(void);

/* state_finish - the process ends and has said its last word: mark it, and remove the file.
 * @remove  false: leave the file to be read. Context: dump. */
void state_finish(bool remove);

/* state_path - copy the file's name
 * Returns false where it has none, or one that does not fit. Context: sample. */
bool state_path(char *to, size_t room);

#endif
