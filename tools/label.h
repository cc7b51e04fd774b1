/* SPDX-License-Identifier: Apache-2.0 */
/* label - gives every location of a profile its functions, files and lines
 *
 * Asks the namer (name.h) for all locations of one mapping after the other and writes the answers
 * into the model, so that nobody behind knows where names came from.
 *
 *     afterwards every location has at least one line
 *
 * A location that has no name gets pprof's stand-in: '[libc.so.6]' for its mapping, '<unknown>'
 * where it lies in none; '(…)' and '[cut]' for the two marks. No name is ever guessed. */
#ifndef LEAKTRACK_TOOLS_LABEL_H
#define LEAKTRACK_TOOLS_LABEL_H

#include "name.h"
#include "profile.h"

/* label_profile - locations that have lines already are left alone
 * @trouble  called once for each mapping that has a problem, with one line of text and whether it
 *           is a warning (wrong file) or only of interest (where names came from); may be NULL */
void label_profile(struct profile *profile, struct namer *namer,
		   void (*trouble)(void *context, bool warning, const char *text), void *context);

#endif
