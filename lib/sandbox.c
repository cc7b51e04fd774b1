/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox.c - the host closes a sandbox around itself
 *
 * The interpreter knows what the kernel lets seccomp programs use (bpf_check_classic() and
 * seccomp_check_filter()): words of struct seccomp_data, sixteen words of memory, arithmetic,
 * forward jumps, return.
 */
#include "sandbox.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "arch.h"
#include "ready.h"
#include "real.h"
#include "rules.h"
#include "sigchain.h"
#include "state.h"
#include "sys.h"
#include "trigger.h"

#define EXPORT	  __attribute__((visibility("default")))
#define CODE_MOST 1024u /* longer filters are those of container engines, which allow it */

typedef int prctl_fn(int, long, long, long, long);
typedef long syscall_fn(long, long, long, long, long, long, long);

static struct {
	prctl_fn *prctl;
	syscall_fn *syscall;
	uint32_t looks; /* for sys_unseal_looks() */
} self;

/* A copy of the host's filter: its pointer may be a wrong one. */
static ARCH_LARGE struct sock_filter filter_copy[CODE_MOST];

struct machine {
	uint32_t a, x, memory[BPF_MEMWORDS];
	struct seccomp_data data;
};

static uint32_t compute(const struct sock_filter *in, uint32_t a, uint32_t b)
{
	switch (BPF_OP(in->code)) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return b == 0 ? 0 : a / b;
	case BPF_OR:
		return a | b;
	case BPF_AND:
		return a & b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return b < 32 ? a << b : 0;
	case BPF_RSH:
		return b < 32 ? a >> b : 0;
	default:
		return 0 - a; /* BPF_NEG */
	}
}

static bool compare(const struct sock_filter *in, uint32_t a, uint32_t b)
{
	switch (BPF_OP(in->code)) {
	case BPF_JEQ:
		return a == b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	default:
		return (a & b) != 0; /* BPF_JSET */
	}
}

static uint32_t load(const struct machine *m, const struct sock_filter *in)
{
	switch (BPF_MODE(in->code)) {
	case BPF_IMM:
		return in->k;
	case BPF_MEM:
		return m->memory[in->k % BPF_MEMWORDS];
	case BPF_LEN:
		return sizeof(m->data);
	default: /* BPF_ABS */
		return in->k / 4 < sizeof(m->data) / 4 ? ((const uint32_t *)&m->data)[in->k / 4]
						       : 0;
	}
}

/* One instruction that is no return; gives how many to skip. */
static uint64_t step(struct machine *m, const struct sock_filter *in)
{
	uint32_t operand = BPF_SRC(in->code) == BPF_X ? m->x : in->k;

	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
		m->a = load(m, in);
		return 0;
	case BPF_LDX:
		m->x = load(m, in);
		return 0;
	case BPF_ST:
		m->memory[in->k % BPF_MEMWORDS] = m->a;
		return 0;
	case BPF_STX:
		m->memory[in->k % BPF_MEMWORDS] = m->x;
		return 0;
	case BPF_ALU:
		m->a = compute(in, m->a, operand);
		return 0;
	case BPF_JMP:
		if (BPF_OP(in->code) == BPF_JA) {
			return in->k;
		}
		return compare(in, m->a, operand) ? in->jt : in->jf;
	default: /* BPF_MISC */
		if (BPF_MISCOP(in->code) == BPF_TAX) {
			m->x = m->a;
		} else {
			m->a = m->x;
		}
		return 0;
	}
}

static uint32_t verdict_with(const struct sock_filter *code, unsigned n, int nr, uint64_t argument)
{
	struct machine m = {.data = {.nr = nr, .arch = ARCH_AUDIT}};

	for (unsigned i = 0; i < 6; i++) {
		m.data.args[i] = argument;
	}
	for (uint64_t at = 0; at < n; at++) {
		const struct sock_filter *in = &code[at];

		if (BPF_CLASS(in->code) == BPF_RET) {
			return BPF_RVAL(in->code) == BPF_A ? m.a : in->k;
		}
		at += step(&m, in);
	}
	return SECCOMP_RET_ALLOW;
}

uint32_t sandbox_verdict(const struct sock_filter *code, unsigned n, int nr)
{
	return verdict_with(code, n, nr, 0);
}

/* How many instructions the filter has, now in filter_copy; 0: it cannot be read, or is very long.
 */
static unsigned copy_filter(const struct sock_fprog *program)
{
	struct sock_fprog copy;
	struct iovec from = {.iov_base = (void *)(uintptr_t)program, .iov_len = sizeof(copy)};

	if (program == NULL || sys_peek(&copy, sizeof(copy), &from, 1) != (ssize_t)sizeof(copy) ||
	    copy.len > CODE_MOST) {
		return 0;
	}
	size_t bytes = copy.len * sizeof(filter_copy[0]);

	from = (struct iovec){.iov_base = copy.filter, .iov_len = bytes};
	return sys_peek(filter_copy, bytes, &from, 1) == (ssize_t)bytes ? copy.len : 0;
}

static bool allows(unsigned n, int nr, uint64_t argument)
{
	uint32_t verdict = verdict_with(filter_copy, n, nr, argument) & SECCOMP_RET_ACTION_FULL;

	return verdict == SECCOMP_RET_ALLOW || verdict == SECCOMP_RET_LOG;
}

/* Of SYS_LOOKS, as bits: those that the filter allows whatever their arguments. */
static uint32_t allowed_looks(unsigned n)
{
	static const int looks[SYS_N_LOOKS] = SYS_LOOKS;
	uint32_t allowed = 0;

	for (unsigned i = 0; n != 0 && i < SYS_N_LOOKS; i++) {
		bool both = allows(n, looks[i], 0) && allows(n, looks[i], UINT64_MAX);

		allowed |= (uint32_t)both << i;
	}
	return allowed;
}

/* Before: all that will be needed is made now, and then the door is shut. */
static void before(const struct sock_fprog *program)
{
	if (!ready_is_wanted()) {
		return;
	}
	if (ready_make() && ready_enter() != NULL) {
		state_prepare_seal();
		rules_ready();
	}
	unsigned n = copy_filter(program);

	/* Will our handler be able to return? */
	if (!sys_sealed() && n != 0 && !allows(n, SYS_rt_sigreturn, 0)) {
		sigchain_retire();
	}
	self.looks = sys_seal_looks(allowed_looks(n));
	if (!sys_sealed()) {
		trigger_seal();
	}
}

/* After: if the host's call failed, there is no sandbox. If there was one before, we stay shut. */
static void after(bool was_sealed, bool failed)
{
	if (failed && ready_is_wanted()) {
		sys_unseal_looks(self.looks);
	}
	if (failed && !was_sealed) {
		trigger_unseal();
		sigchain_return();
	}
}

/* The filter that a call is about to close, whichever way it is called. */
static const struct sock_fprog *program_of(long mode, long filter_mode, long program)
{
	return mode == filter_mode ? (const struct sock_fprog *)program : NULL;
}

/* prctl and syscall take what the caller passed, or did not pass, in registers: hand all on. */
EXPORT int prctl(int op, ...)
{
	long a[4];
	va_list args;

	va_start(args, op);
	for (unsigned i = 0; i < 4; i++) {
		a[i] = va_arg(args, long);
	}
	va_end(args);
	if (self.prctl == NULL) {
		self.prctl = (prctl_fn *)real_next("prctl");
	}
	if (op != PR_SET_SECCOMP) {
		return self.prctl(op, a[0], a[1], a[2], a[3]);
	}
	bool was_sealed = sys_sealed();

	before(program_of(a[0], SECCOMP_MODE_FILTER, a[1]));
	int result = self.prctl(op, a[0], a[1], a[2], a[3]);

	after(was_sealed, result < 0);
	return result;
}

static bool closes_sandbox(long n, long a)
{
	if (n == SYS_prctl) {
		return a == PR_SET_SECCOMP;
	}
	return n == SYS_seccomp && (a == SECCOMP_SET_MODE_STRICT || a == SECCOMP_SET_MODE_FILTER);
}

/* Declared with fixed arguments, so that the usual case is a jump: code that runs twice after a
 * raw vfork or clone would not survive a frame of ours. */
long leaktrack_syscall(long n, long a, long b, long c, long d, long e, long f) __asm__("syscall");

EXPORT long leaktrack_syscall(long n, long a, long b, long c, long d, long e, long f)
{
	if (self.syscall == NULL) {
		self.syscall = (syscall_fn *)real_next("syscall");
	}
	if (__builtin_expect(!closes_sandbox(n, a), 1)) {
		return self.syscall(n, a, b, c, d, e, f);
	}
	bool was_sealed = sys_sealed();

	before(n == SYS_prctl ? program_of(b, SECCOMP_MODE_FILTER, c)
			      : program_of(a, SECCOMP_SET_MODE_FILTER, c));
	long result = self.syscall(n, a, b, c, d, e, f);

	after(was_sealed, result < 0);
	return result;
}
