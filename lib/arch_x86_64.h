/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arch_x86_64.h - the x86-64 half of arch.h
 */
#ifndef LEAKTRACK_ARCH_X86_64_H
#define LEAKTRACK_ARCH_X86_64_H

#include <emmintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#define ARCH_AUDIT AUDIT_ARCH_X86_64 /* how seccomp filters know us; linux/audit.h */

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

/* arch_charge - *from -= n + 1; true when that went below zero, or when *unknown is 1, and then
 * nothing is subtracted. *unknown is 1 or 0.
 * Context: hot. The comparison leaves a carry where *unknown is 0: it is the `+ 1`. */
static inline bool arch_charge(const uint8_t *unknown, uint64_t *from, uint64_t n)
{
	__asm__ goto("cmpb $1, %0\n\t"
		     "je %l[slow]\n\t"
		     "sbbq %2, %1\n\t"
		     "jb %l[slow]"
		     :
		     : "m"(*unknown), "m"(*from), "r"(n)
		     : "cc", "memory"
		     : slow);
	return false;
slow:
	return true;
}

/* arch_is_zero8, arch_is_null - compare memory with 0 in place, for the same reason. Context: hot.
 */
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

/* arch_match8 - which of the eight words of a cache line have @high as their upper half, as bits
 * A hint: the words are not read as atomics; who acts on one reads it again. Context: hot. In
 * vectors, for the live table compares up to a hundred words in one look-up. */
static inline unsigned arch_match8(const uint64_t *line, uint32_t high)
{
#ifdef __SANITIZE_THREAD__
	unsigned found = 0;

	for (unsigned i = 0; i < 8; i++) {
		found |= (unsigned)(__atomic_load_n(&line[i], __ATOMIC_RELAXED) >> 32 == high) << i;
	}
	return found;
#else
	const __m128i *at = (const __m128i *)(const void *)line;
	const __m128i wanted = _mm_set1_epi32((int)high);
	__m128 first = _mm_shuffle_ps(_mm_castsi128_ps(at[0]), _mm_castsi128_ps(at[1]), 0xdd);
	__m128 second = _mm_shuffle_ps(_mm_castsi128_ps(at[2]), _mm_castsi128_ps(at[3]), 0xdd);
	__m128i equal = _mm_packs_epi32(_mm_cmpeq_epi32(_mm_castps_si128(first), wanted),
					_mm_cmpeq_epi32(_mm_castps_si128(second), wanted));

	return (unsigned)_mm_movemask_epi8(_mm_packs_epi16(equal, _mm_setzero_si128()));
#endif
}

/* arch_thread_number - the thread's number as glibc notes it in struct pthread: 704 bytes of
 * header, two pointers, `tid` (glibc 2.17 to 2.41). fork() writes the child's there; vfork and
 * clone do not. Who relies on it compares it once with what the kernel says. Context: hot. */
static inline uint32_t arch_thread_number(void)
{
	return *(const uint32_t *)((const uint8_t *)__builtin_thread_pointer() + 720);
}

/* arch_copy, arch_fill - what the processor does by itself, best with some hundreds of bytes.
 * Context: hot. */
static inline void arch_copy(void *to, const void *from, uint64_t n)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}

static inline void arch_fill(void *to, int byte, uint64_t n)
{
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(byte) : "memory");
}

/* arch_pause - a breath in a loop that waits for another thread. Context: hot. */
static inline void arch_pause(void)
{
	__asm__ volatile("pause");
}

/* The stack pointer in a signal handler's frame, after its return into the trampoline, points at a
 * ucontext; the interrupted registers are these bytes further (kernel: struct rt_sigframe). */
enum {
	ARCH_SIGFRAME_FP = 120, /* uc_mcontext.gregs[REG_RBP] */
	ARCH_SIGFRAME_SP = 160,
	ARCH_SIGFRAME_PC = 168,
};

/* Where uc_mcontext.gregs has what a system call is given and gives. The instruction leaves the
 * address of the next one in ARCH_CALL_END. */
enum {
	ARCH_ARG0 = REG_RDI,
	ARCH_ARG1 = REG_RSI,
	ARCH_ARG2 = REG_RDX,
	ARCH_ARG3 = REG_R10,
	ARCH_ARG4 = REG_R8,
	ARCH_RESULT = REG_RAX,
	ARCH_CALL_END = REG_RCX,
	ARCH_PC = REG_RIP,
	ARCH_SP = REG_RSP,
};

/* arch_is_sigreturn - whether the 9 bytes at @at are `mov $15, %rax; syscall` in one of its forms:
 * what a signal handler returns to. Context: sample. */
static inline bool arch_is_sigreturn(const uint8_t *at)
{
	unsigned n = at[0] == 0xb8 ? 1 : at[0] == 0x48 && at[1] == 0xc7 && at[2] == 0xc0 ? 3 : 0;

	return n && at[n] == 15 && !at[n + 1] && !at[n + 2] && !at[n + 3] && at[n + 4] == 0x0f &&
	       at[n + 5] == 0x05;
}

/* arch_is_syscall - is there the instruction at @at. Context: dump.
 * arch_syscall_number - the number that the code before the one at @at loads for it, or -1. libc
 * has mov $number, %eax (xor %eax, %eax), at most three times mov n(%rsp), reg, syscall. Reads
 * ARCH_NUMBER_BYTES before @at. Context: dump. */
#define ARCH_SYSCALL_BYTES 2
#define ARCH_NUMBER_BYTES  20

static inline bool arch_is_syscall(const uint8_t *at)
{
	return at[0] == 0x0f && at[1] == 0x05;
}

/* How long the mov n(%rsp), reg is that ends at @at, of 64 or 32 bits; 0: there is none. */
static inline unsigned arch_stack_load_before(const uint8_t *at)
{
	bool near = at[-3] == 0x8b && (at[-2] & 0xc7) == 0x04 && at[-1] == 0x24;
	bool far = at[-4] == 0x8b && (at[-3] & 0xc7) == 0x44 && at[-2] == 0x24;
	unsigned n = far ? 4 : near ? 3 : 0;

	return n != 0 && (at[-(int)n - 1] & 0xf8) == 0x48 ? n + 1 : n;
}

static inline long arch_syscall_number(const uint8_t *at)
{
	for (int loads = 0; loads < 3; loads++) {
		at -= arch_stack_load_before(at);
	}
	if (at[-2] == 0x31 && at[-1] == 0xc0) {
		return 0;
	}
	if (at[-5] != 0xb8) {
		return -1;
	}
	return at[-4] | at[-3] << 8 | at[-2] << 16 | (long)at[-1] << 24;
}

/* ARCH_REST - instructions that make a system call once more and then go back behind the first one
 * (rest.h). The stack pointer is ARCH_REST_FRAME below the interrupted one, beyond the red zone,
 * and points at: bytes done before, the address to go back to, the first four arguments as they
 * were. What the call gives is added to the bytes; an error counts only where there are none. At
 * every instruction the unwind tables lead to the interrupted frame, for threads are cancelled
 * here.
 */
#define ARCH_REST_BYTES 256
#define ARCH_REST_FRAME (128 + ARCH_REST_BYTES)
#define ARCH_REST_BACK	8
#define ARCH_REST_ARGS	16

#define ARCH_REST(call, called)                         \
	__asm__(".pushsection .text\n"                  \
		".hidden " #call ", " #called "\n"      \
		".globl " #call ", " #called "\n"       \
		".type " #call ", @function\n"          \
		".cfi_startproc\n"                      \
		".cfi_signal_frame\n"                   \
		".cfi_def_cfa rsp, 384\n"               \
		".cfi_offset rip, -376\n" #call ":\n\t" \
		"syscall\n" #called ":\n\t"             \
		"movq 16(%rsp), %rdi\n\t"               \
		"movq 24(%rsp), %rsi\n\t"               \
		"movq 32(%rsp), %rdx\n\t"               \
		"movq 40(%rsp), %r10\n\t"               \
		"movq 8(%rsp), %rcx\n\t"                \
		"testq %rax, %rax\n\t"                  \
		"jns 1f\n\t"                            \
		"cmpq $0, (%rsp)\n\t"                   \
		"je 2f\n\t"                             \
		"xorl %eax, %eax\n"                     \
		"1:\taddq (%rsp), %rax\n"               \
		"2:\tleaq 384(%rsp), %rsp\n\t"          \
		".cfi_def_cfa rsp, 0\n\t"               \
		".cfi_register rip, rcx\n\t"            \
		"jmpq *%rcx\n\t"                        \
		".cfi_endproc\n"                        \
		".size " #call ", . - " #call "\n\t"    \
		".popsection")

/* runtime.asmcgocall's frame on the system stack, as told by the code behind one of its two calls:
 *     mov g(%rsp), %rdi; mov 8(%rdi), %rsi; sub depth(%rsp), %rsi        it came from a goroutine
 *     mov depth(%rsp), %rsi; mov %rsi, %rsp                              it was there already
 * In Go 1.18 to 1.21 the slots are 48 and 40, from 1.22 on 8 and 0. */
struct arch_go_switch {
	bool switches;
	unsigned g, depth; /* bytes from the stack pointer */
};

/* `mov n(%rsp), reg` and its like with an 8-bit displacement or none: 48 op modrm 24 [n]. */
static inline unsigned arch_stack_operand(const uint8_t *at, uint8_t op, uint8_t reg, unsigned *n)
{
	if (at[0] != 0x48 || at[1] != op || at[3] != 0x24) {
		return 0;
	}
	if (at[2] == (0x04 | reg << 3)) {
		*n = 0;
		return 4;
	}
	*n = at[4];
	return at[2] == (0x44 | reg << 3) && at[4] < 128 && at[4] % 8 == 0 ? 5 : 0;
}

/* arch_go_switch_read - @at: 48 readable bytes behind a call in asmcgocall
 * Returns false when the code is another one. Context: sample. */
static inline bool arch_go_switch_read(const uint8_t *at, struct arch_go_switch *s)
{
	enum { LOAD = 0x8b, SUB = 0x2b, RSI = 6, RDI = 7 };
	unsigned n = arch_stack_operand(at, LOAD, RSI, &s->depth);

	s->g = 0;
	s->switches = false;
	if (n) {
		return at[n] == 0x48 && at[n + 1] == 0x89 && at[n + 2] == 0xf4;
	}
	s->switches = true;
	for (unsigned i = 0; i < 32; i++) { /* code that finds TLS may come first */
		n = arch_stack_operand(at + i, LOAD, RDI, &s->g);
		if (n && at[i + n] == 0x48 && at[i + n + 1] == 0x8b && at[i + n + 2] == 0x77 &&
		    at[i + n + 3] == 0x08) {
			return arch_stack_operand(at + i + n + 4, SUB, RSI, &s->depth) != 0;
		}
	}
	return false;
}

/* arch_clone_on - clone() with @flags, whose child calls @run(@arg) on the stack that ends at @top
 * Returns as arch_syscall() does, in the parent only. Nothing may return from @run. Context:
 * hot.
 */
static inline long arch_clone_on(long flags, void *top, void (*run)(void *), void *arg)
{
	long ret;
	register long r10 __asm__("r10") = 0;
	register long r8 __asm__("r8") = 0;
	register void (*r12)(void *) __asm__("r12") = run;
	register void *r13 __asm__("r13") = arg;

	__asm__ volatile("syscall\n\t"
			 "testq %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xorl %%ebp, %%ebp\n\t"
			 "movq %%r13, %%rdi\n\t"
			 "call *%%r12\n\t"
			 "ud2\n"
			 "1:"
			 : "=a"(ret)
			 : "a"(56 /* clone */), "D"(flags), "S"((uintptr_t)top & ~(uintptr_t)15),
			   "d"(0), "r"(r10), "r"(r8), "r"(r12), "r"(r13)
			 : "rcx", "r11", "memory");
	return ret;
}

/* ARCH_ENTRY - @name is where a process begins; calls @run with the stack pointer as it was. */
#define ARCH_ENTRY(name, run)                                \
	__asm__(".text\n"                                    \
		".globl " #name "\n"                         \
		".hidden " #name "\n"                        \
		".type " #name ", @function\n" #name ":\n\t" \
		"xorl %ebp, %ebp\n\t"                        \
		"movq %rsp, %rdi\n\t"                        \
		"andq $-16, %rsp\n\t"                        \
		"call " #run "\n\t"                          \
		"ud2\n\t"                                    \
		".size " #name ", . - " #name)

/* arch_call_on - call @fn(@arg) on another stack, whose end (highest address) is @top
 * Context: dump. Nothing may unwind out of @fn. */
static inline void arch_call_on(void *top, void (*fn)(void *), void *arg)
{
	uintptr_t end = (uintptr_t)top & ~(uintptr_t)15;

	__asm__ volatile("movq %%rsp, %%rbx\n\t"
			 "movq %[end], %%rsp\n\t"
			 "call *%[fn]\n\t"
			 "movq %%rbx, %%rsp"
			 : "+D"(arg)
			 : [end] "r"(end), [fn] "r"(fn)
			 : "rbx", "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "xmm0",
			   "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
			   "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "memory", "cc");
}

#endif
