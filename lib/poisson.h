/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poisson.h - the arithmetic of sampling, in whole numbers
 *
 * Sampling is a Poisson process over bytes with mean distance `rate`: the gap to the next sample is
 * exponential, gap = -ln(u) * rate, and a block of s bytes is sampled with P(s) = 1 - exp(-s /
 * rate) (the process of gperftools, jemalloc and pprof; tcmalloc's sampler.h derives it).
 *
 * No floating point: a host may have unmasked its exceptions (feenableexcept), and would then die
 * of an inexact result of ours.
 *
 * All functions: Context: hot; they are pure.
 */
#ifndef LEAKTRACK_POISSON_H
#define LEAKTRACK_POISSON_H

#include <stdbool.h>
#include <stdint.h>

/* poisson_next - the next value of a generator (splitmix64, Steele et al. 2014), state moved on. */
uint64_t poisson_next(uint64_t *state);

/* poisson_gap - bytes until the next sample, for a uniform @u; 0 always at rate 1. */
uint64_t poisson_gap(uint64_t u, uint64_t rate);

/* poisson_chance - P(size) as a fraction of 2^32, at most 2^32. rate 1: 2^32. */
uint64_t poisson_chance(uint64_t size, uint64_t rate);

/* poisson_keep - thin a candidate down to what pprof's scaling assumes
 *
 * The countdown charges size + 1, so that a malloc(0) has its chance too: a candidate comes with
 * P(size + 1). Keeping it with P(size) / P(size + 1) leaves exactly P(size), P(1) for malloc(0),
 * which is recorded as one byte: what every reader of heap_v2 divides by. */
bool poisson_keep(uint64_t u, uint64_t size, uint64_t rate);

#endif
