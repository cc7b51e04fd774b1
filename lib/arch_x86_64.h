/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arch_x86_64.h - the x86-64 half of arch.h
 */
#ifndef LEAKTRACK_ARCH_X86_64_H
#define LEAKTRACK_ARCH_X86_64_H

#include <stdbool.h>
#include <stdint.h>

/* arch_syscall - a system call with nothing between us and the kernel
 * Returns the kernel's value; -errno on failure. errno is not touched, no cancellation point.
 * Context: hot. */
static inline long arch_syscall(long n, long a, long b, long c, long d, long e, long f)
{
	long ret;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/* arch_sub_borrow - *from -= n; true when that went below zero
 * Context: hot. In assembly, for gcc 12 and clang 14 load, subtract and store where one instruction
 * on memory does: 2 of the 13 instructions that malloc + free may cost. */
static inline bool arch_sub_borrow(uint64_t *from, uint64_t n)
{
	bool borrow;

	__asm__("subq %2, %0" : "+m"(*from), "=@ccc"(borrow) : "r"(n));
	return borrow;
}

/* arch_is_zero8, arch_is_null - compare memory with 0 in place, for the same reason. Context: hot. */
static inline bool arch_is_zero8(const uint8_t *p)
{
	bool zero;

	__asm__("cmpb $0, %1" : "=@ccz"(zero) : "m"(*p));
	return zero;
}

static inline bool arch_is_null(const void *pointer_at)
{
	bool zero;

	__asm__("cmpq $0, %1" : "=@ccz"(zero) : "m"(*(const uint64_t *)pointer_at));
	return zero;
}

#endif
