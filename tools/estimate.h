/* SPDX-License-Identifier: Apache-2.0 */
/* estimate - from sampled counts to what they stand for
 *
 * A block of size s is sampled with probability P(s) = 1 - exp(-s / rate), so n samples of it
 * stand for n / P(s) blocks. Each sample line is scaled by itself, with the mean size of its own
 * blocks, and cut to whole numbers as pprof's scaleHeapSample does (profile/legacy_profile.go):
 * our numbers are the ones that `go tool pprof` shows.
 *
 *     E[n / P] = N;   variance of it = N (1 - P) / P, estimated by n (1 - P) / P^2
 *
 * What this does not know: blocks that were never sampled at all. A stack of which no sample was
 * taken is absent, and its expected share is in nobody's number. */
#ifndef LEAKTRACK_TOOLS_ESTIMATE_H
#define LEAKTRACK_TOOLS_ESTIMATE_H

#include "profile.h"

/* estimate_add - add one sample line to a stack: raw[], value[] and variance[]
 * @raw   in the order of enum profile_type; counts and bytes as sampled, none negative
 * @rate  mean bytes between samples; 0 and 1: everything was counted */
void estimate_add(struct profile_stack *stack, const int64_t raw[PROFILE_TYPES], uint64_t rate);

/* estimate_scaled - of one sample whose value[] its writer has scaled: raw[] and variance[] as they
 * must have been, so that such profiles can be judged like dumps; all may be negative */
void estimate_scaled(struct profile_stack *sample, uint64_t rate);

/* estimate_error - standard error of a stack's value, in the unit of @type; 0: exact */
double estimate_error(const struct profile_stack *stack, enum profile_type type);

/* estimate_doubt - what takes the place of the variance of objects when one asks whether a
 * difference is chance: more where blocks were freed since base, see estimate.c */
double estimate_doubt(const struct profile_stack *difference, enum profile_type type);

/* estimate_held - bytes that the blocks in use occupy, malloc_usable_size and not what was asked
 * for; 0: the dump does not tell. By block size where it tells that, else by the one ratio of all
 * samples. */
int64_t estimate_held(const struct profile *profile);

/* estimate_join - one variance for a difference out of those of now and base
 * @same_process  both dumps come from one process: blocks that lived through both count in
 *                neither, see estimate.c */
void estimate_join(struct profile_stack *difference, bool same_process);

#endif
