/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper.h - the process that writes the last dump, where the program itself cannot
 *
 * A Go program leaves by a raw exit_group system call: no code of ours sees it. A keeper is forked
 * in the constructor, in Go programs only by default (LEAKTRACK_KEEPER): it holds nothing but the
 * state file, waits for the program's end and writes leaktrack.PID.exit.heap if the program has
 * not. After SIGKILL and a crash, too.
 *
 * It is no child that the host could wait for (it is forked twice, without SIGCHLD), has a session
 * of its own and ignores every signal but SIGKILL and SIGSTOP, so that what ends the host's group
 * does not end it before it has written.
 */
#ifndef LEAKTRACK_KEEPER_H
#define LEAKTRACK_KEEPER_H

#include <stdbool.h>

/* keeper_is_go - is the program a Go program? By its build-id note, which -s -w keeps. Context:
 * start. */
bool keeper_is_go(void);

/* keeper_start - fork one, if the settings and the program ask for it; @argv as main() gets it.
 * Where it cannot be had (no process left, no pidfd), the state file stays and says the same.
 * Context: start. */
void keeper_start(char **argv);

#endif
