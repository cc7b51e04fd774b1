/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hire.h - the host's side of a keeper (keeper.h): who gets one, when, and how it is started
 *
 * A Go program gets one in its constructor, whether it will be sampled or not: without one its
 * state file would stay after each raw exit. It is this library, executed by the host's own loader:
 * two steps of clone(CLONE_VM | CLONE_VFORK), so that nothing of the host is copied, and then
 * nothing of it is left: its memory, its name, /proc/PID/exe, its descriptors, its working folder.
 *
 * Who must not have one: PID 1, which would get it as a child, and which nothing outlives; a
 * program that is a subreaper, for the same reason; one whose next child would be the PID 1 of a
 * namespace (unshare). Where one cannot be had (no path to the state file or to the library, no
 * process left, no pidfd, a sandbox) the state file stays and says the same.
 */
#ifndef LEAKTRACK_HIRE_H
#define LEAKTRACK_HIRE_H

#include <stdbool.h>

/* hire_is_go - is the program a Go program? By its build-id note, which -s -w keeps. Context:
 * start. */
bool hire_is_go(void);

/* hire_keeper - start one, if the settings and the program ask for it. Context: start. */
void hire_keeper(void);

#endif
