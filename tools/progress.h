/* SPDX-License-Identifier: Apache-2.0 */
/* progress - a bar on the terminal for those who wait
 *
 *     leaktrack-symbolize: reading  [=========>          ]  47%  shop.heap
 *
 * Only where stderr is a terminal that can go back in its line, and only once a stage has lasted
 * half a second: what is quick shows nothing. It is drawn ten times a second at most, and gone
 * before anything else is printed.
 *
 * Whoever works says how far it is by progress_at(), as often as it likes: that is cheap. There is
 * one terminal, so there is one bar, and no context to pass. */
#ifndef LEAKTRACK_TOOLS_PROGRESS_H
#define LEAKTRACK_TOOLS_PROGRESS_H

#include <stddef.h>

/* progress_start - a stage begins; one that runs is ended
 * @doing  one word, kept;  @total  of what progress_at() counts */
void progress_start(const char *doing, size_t total);

/* progress_on - what it is at, such as a file; copied; nothing where no stage runs */
void progress_on(const char *what);

/* progress_at - so much is done since the start; nothing where no stage runs */
void progress_at(size_t done);

/* progress_more - so much more is done */
void progress_more(size_t done);

void progress_end(void);

#endif
