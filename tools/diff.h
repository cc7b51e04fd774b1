/* SPDX-License-Identifier: Apache-2.0 */
/* diff - new minus base
 *
 * The difference is one profile into which new dumps were merged with sign 1 and base dumps with
 * sign -1 (profile_merge). Stacks of the same code have met there by address, since mappings with
 * equal build-ids are one. What is left is code of different builds: it meets here, by name.
 *
 *     value = now - base for each stack;  a stack that did not change has value 0 and is not shown
 *
 * In code of the same build a frame is its function and line. In code of different builds it is
 * its function alone, because lines move when somebody edits a file. */
#ifndef LEAKTRACK_TOOLS_DIFF_H
#define LEAKTRACK_TOOLS_DIFF_H

#include "profile.h"

/* diff_match - join what only base has to what only new has, by name; then join the variances
 * @profile       labelled
 * @same_process  base is an earlier dump of the very process: all has met by address
 * @with_others   but something else was added to each, which may have not */
void diff_match(struct profile *profile, bool same_process, bool with_others);

/* diff_normalize - scale new so that its total is that of base, type by type, as pprof's -normalize
 * does; before diff_match() */
void diff_normalize(struct profile *profile);

#endif
