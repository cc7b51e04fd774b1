/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failure.h - what must not go wrong inside of us, and when that is enough
 *
 * A loss is not a failure: stacks that end early, samples that a handler cost, a full table are
 * counted where they happen, and the profile stays true. A failure is something that cannot be, or
 * that should pass and does not. Then nothing that we record is worth what it costs the host, so
 * sampling is switched off for good, in this process and in what it forks later. Frees of recorded
 * blocks count on, unless a table is damaged; each dump tells the reason and the number.
 *
 *   what                 is                                             enough
 *   LAYOUT_OFF_RULE      a kept unwind rule that no rule can be         once
 *   LAYOUT_OFF_TABLE     a header, index, entry or slot that points     once
 *                        where nothing is: the host wrote into it
 *   LAYOUT_OFF_UNWIND    64 walks in a row that did not get beyond      64 in a row and for
 *                        the caller of malloc, whose code tells more    10 seconds
 *   LAYOUT_OFF_SCRATCH   no buffer for a stack, for their owners have   64 in a row and for
 *                        not come back                                  10 seconds
 *   LAYOUT_OFF_STATE     the state file or its memory could not be had  3 times
 *
 * What repeats is told from what passes by being in a row: failure_passed() ends one. Seconds, for
 * on a busy machine an owner may be away for a while that others count in thousands.
 */
#ifndef LEAKTRACK_FAILURE_H
#define LEAKTRACK_FAILURE_H

#include <stdint.h>

#include "layout.h"

/* failure_note - it went wrong. Counted, and told in the state file, if there is one.
 * Context: sample; any number at once; no system call. */
void failure_note(enum layout_off what);

/* failure_passed - it went well. One load, where it had not gone wrong. Context: sample. */
void failure_passed(enum layout_off what);

/* failure_off - why sampling is to stop; LAYOUT_OFF_NOT: it is not. One load. Context: sample. */
enum layout_off failure_off(void);

/* failure_tell - put reason and number where dumps look for them. Context: sample. */
void failure_tell(struct layout_header *h);

#endif
