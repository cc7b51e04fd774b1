/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trigger.h - what asks for a dump: a signal, the program's end, the program itself
 *
 * One dump is written at a time. A signal that comes meanwhile is remembered, and whoever writes
 * writes once more when it is done. A flood is not obeyed: ten dumps at once, then ten a second;
 * what comes sooner is answered by the next one.
 */
#ifndef LEAKTRACK_TRIGGER_H
#define LEAKTRACK_TRIGGER_H

#include <stdbool.h>
#include <stdint.h>

#include "layout.h"

/* trigger_start - remember whose end it will be. Context: start. */
void trigger_start(void);

/* trigger_threads - there will be a second thread: from the first call on forks wait for a dump
 * that is being written, so that no child has its file open. Context: start. */
void trigger_threads(void);

/* trigger_seal - let a dump that is being written come to its end, then make no system call any
 * more (sys_seal). trigger_unseal - the sandbox did not come about. Context: start. */
void trigger_seal(void);
void trigger_unseal(void);

/* trigger_signal - write leaktrack.PID.N.heap. errno is kept. Context: dump. */
void trigger_signal(void);

/* trigger_api - write to @path, or as for a signal where it is NULL
 * Returns 0 or -errno. Context: dump. */
int trigger_api(const char *path);

/* trigger_exit - the process ends: write leaktrack.PID.exit.heap if it should be, and put the state
 * file away. Later calls, and calls in a child of vfork, do nothing. errno is kept. Context: dump.
 */
void trigger_exit(void);

/* trigger_may_exit_dump - by LEAKTRACK_EXIT: does a process whose parent is @parent write one?
 * Looks into the parent's mappings: of processes under the library, only what the user started
 * itself does. Context: dump. */
bool trigger_may_exit_dump(uint32_t parent);

/* trigger_has_samples - is there something to write? Context: dump. */
bool trigger_has_samples(const struct layout_header *h);

#endif
