/* SPDX-License-Identifier: Apache-2.0 */
/* name_jit - names of code that was made while the program ran
 *
 * Engines that are told to (node --perf-basic-prof, PYTHONPERFSUPPORT, java's perf-map agent) keep
 * /tmp/perf-PID.map, lines of 'START SIZE name' in hex, as Linux perf reads it. Addresses are those
 * of the process; where code was replaced, the later line holds. */
#ifndef LEAKTRACK_TOOLS_NAME_JIT_H
#define LEAKTRACK_TOOLS_NAME_JIT_H

#include <stdint.h>

#include "name.h"

struct name_jit;

/* name_jit_open - read a map; NULL: there is none, or it belongs to neither us nor root, who alone
 * are believed in a folder where all may write, or to another process that had the PID
 * @owner  whose it must be. It is another's if it was last written before that one began, or since
 *         the one that has the PID now did; or if nobody has it and it was made after the dump. */
struct name_jit *name_jit_open(const char *path, const struct name_jit_owner *owner);
void name_jit_free(struct name_jit *jit); /* NULL is fine */

/* name_jit_at - name of the code at an address, owned by the map; NULL: unknown */
const char *name_jit_at(const struct name_jit *jit, uint64_t address);

#endif
