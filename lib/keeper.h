/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper.h - the process that writes the last dump, where the program itself cannot
 *
 * A Go program leaves by a raw exit_group system call: no code of ours sees it, as after SIGKILL
 * and a crash. A keeper, hired in the constructor (hire.h), waits for the program's end and writes
 * leaktrack.PID.exit.heap if the program has not. It is this library, executed as a program: it
 * holds the state file and a pidfd of the host, nothing else of it.
 *
 * It is no child that the host could wait for, has a session of its own and ignores every signal
 * but SIGKILL and SIGSTOP, so that what ends the host's group does not end it before it has
 * written. It ends, too, when the host executes another program that samples: that one says in the
 * older file that it is done with (place.c).
 *
 * Whoever takes the host's orphans, PID 1 or a subreaper among its ancestors, is its parent and
 * sees it end, some milliseconds after the host. We know no way around it: a process always has a
 * parent, and when that one ends, the next one is told of its end by SIGCHLD, whatever signal
 * clone() was given.
 */
#ifndef LEAKTRACK_KEEPER_H
#define LEAKTRACK_KEEPER_H

#define KEEPER_NAME "leaktrack-keep" /* the tools know it by that */

/* Its descriptors. Its arguments: the library, and the path of the state file. */
#define KEEPER_STATE 0
#define KEEPER_HOST  1

#endif
