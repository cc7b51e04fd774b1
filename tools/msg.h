/* SPDX-License-Identifier: Apache-2.0 */
/* msg - the only place that writes to stderr
 *
 * Every message is one line, 'leaktrack-symbolize: text'. Control characters in it, which can come
 * from a hostile dump, are shown as '?'. Warnings say what is missing in a result that is true
 * otherwise; errors are why there is none. */
#ifndef LEAKTRACK_TOOLS_MSG_H
#define LEAKTRACK_TOOLS_MSG_H

void msg_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void msg_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* msg_note - of interest with --verbose; the caller asks for that */
void msg_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* msg_bar - a line that the next message or bar takes the place of, for progress.c; NULL: none */
void msg_bar(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* msg_program - the name in front, before the first message; kept, not copied */
void msg_program(const char *name);

#endif
