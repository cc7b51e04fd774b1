/* SPDX-License-Identifier: Apache-2.0 */
/*
 * say.h - one line to the user, on stderr
 *
 * The library speaks when it has been asked for something that it cannot do: a wrong variable, a
 * dump that could not be written. Never in a loop, never about its own small losses (those are
 * counted in the dump), and never into a descriptor 2 that is no longer the one that the process
 * was started with: hosts close it and open a database there. Where it would have to wait, or
 * nobody listens, it says nothing.
 */
#ifndef LEAKTRACK_SAY_H
#define LEAKTRACK_SAY_H

/* say_start - remember what descriptor 2 is. Context: start. */
void say_start(void);

/* say - 'leaktrack: @what: @where: @how', one write; @where or @how may be NULL
 * Context: dump. Says nothing before say_start(), after the host gave descriptor 2 away, or when
 * the line is the same as the last one. */
void say(const char *what, const char *where, const char *how);

#endif
