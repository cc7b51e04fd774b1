/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_real.c - lib/real.c's table for tests: libc's own, where there is nothing to stand in front
 * of
 *
 * The malloc family is left NULL: no test allocates through it.
 */
#include "real.h"

#include <sys/auxv.h>

struct real real = {.getauxval = getauxval, .clock_gettime = clock_gettime};
