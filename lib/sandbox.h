/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox.h - what a seccomp filter would do to a system call
 *
 * sandbox.c stands in front of the calls by which a host closes a sandbox around itself, prctl()
 * and syscall(): everything is made ready first, and then the door in sys.c is shut. The one call
 * that we cannot do without is rt_sigreturn, at the end of our signal handler: where the filter
 * forbids it, and the host has no handler of its own, the signal is ignored from then on.
 *
 * A filter that was closed by a raw system call is not seen.
 */
#ifndef LEAKTRACK_SANDBOX_H
#define LEAKTRACK_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

struct sock_filter;

/* sandbox_verdict - run a classic BPF program over a system call without arguments
 * @code, @n  the program; need not be a valid one
 * Returns its SECCOMP_RET_* value; SECCOMP_RET_ALLOW where it is no program of seccomp's kind,
 * which the kernel refuses. Bounded: BPF jumps only forward. Context: start. */
uint32_t sandbox_verdict(const struct sock_filter *code, unsigned n, int nr);

#endif
