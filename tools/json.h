/* SPDX-License-Identifier: Apache-2.0 */
/* json - strings as JSON has them (RFC 8259)
 *
 * Bytes that are no UTF-8 become U+FFFD: file names and symbols may hold anything. */
#ifndef LEAKTRACK_TOOLS_JSON_H
#define LEAKTRACK_TOOLS_JSON_H

#include <stdio.h>

/* json_string - in quotes; NULL is written as null */
void json_string(FILE *out, const char *text);

#endif
