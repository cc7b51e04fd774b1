/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume.c - a signal that the host knows nothing of does not cut its system calls short
 *
 * A relative time that the kernel does not count down itself is counted down here, in a table of
 * waits. One is its thread's until its time is over and some more has passed: the kernel may yet
 * read `left`. Where all are taken the call fails with EINTR, as it would without us.
 */
#include "resume.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

#include "arch.h"
#include "atomics.h"
#include "modules.h"
#include "rest.h"
#include "sys.h"

#define WAITS	 64u
#define GRACE_NS 1000000000u /* between the end of a wait and the next use of its place */
#define MS	 1000000u
#define SECOND	 1000000000u
#define SIGNALS	 64

/* The kernel's own, of rt_sigaction. */
struct kernel_action {
	uintptr_t handler;
	uint64_t flags;
	uintptr_t restorer;
	uint64_t mask;
};

struct wait {
	uintptr_t owner; /* thread pointer; 0: free. Taken by CAS, by one that then owns the rest */
	uintptr_t sp;	 /* of the call: a wait of another frame is another wait */
	uint64_t end_ns;
	int ms; /* what the call was last given */
	struct timespec left;
};

static ARCH_LARGE struct wait waits[WAITS];

enum kind {
	CUT,	 /* leave it cut */
	ENDLESS, /* until a signal, or something that may never come */
	BOUNDED, /* its end is absolute, or the kernel has counted it down in place */
	COUNTED, /* the kernel wrote down elsewhere what is left */
	AS_TIME, /* relative, struct timespec */
	AS_MS,	 /* relative, milliseconds */
};

struct plan {
	enum kind kind;
	greg_t *time;	    /* the register with the time, or its address */
	const greg_t *rest; /* of COUNTED: the register with the address of what is left */
};

static uint64_t now_ns(void)
{
	struct timespec now = {0};

	(void)sys_clock(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static bool has_handler(int signal, struct kernel_action *action)
{
	*action = (struct kernel_action){0};
	if (sys_sigaction(signal, NULL, action) != 0) {
		action->mask = UINT64_MAX; /* the worst that it may be */
		return true;
	}
	return action->handler > 1; /* neither SIG_DFL nor SIG_IGN */
}

/* Signals that a program gets now and then, if ever: nobody's wait is ended by them time and again.
 */
#define BIT(signal) (1ull << ((signal)-1))
#define RARE_ONES                                                                                  \
	(BIT(SIGHUP) | BIT(SIGINT) | BIT(SIGQUIT) | BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGABRT) |    \
	 BIT(SIGBUS) | BIT(SIGFPE) | BIT(SIGSEGV) | BIT(SIGPIPE) | BIT(SIGTERM) | BIT(SIGSTKFLT) | \
	 BIT(SIGCONT) | BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU) | BIT(SIGXCPU) | BIT(SIGXFSZ) | \
	 BIT(SIGWINCH) | BIT(SIGPWR) | BIT(SIGSYS))

/* An alarm that is still to come ends any wait. */
static bool is_alarm_set(void)
{
	struct itimerval alarm = {0};

	return sys_getitimer(ITIMER_REAL, &alarm) == 0 &&
	       (alarm.it_value.tv_sec != 0 || alarm.it_value.tv_usec != 0);
}

/* Has the host a handler that may have ended the wait before ours was called? One that ours has to
 * wait for, for then ours follows at once; or one that comes so often that it will happen in the
 * fraction of a microsecond that a handler needs to return. */
static bool may_have_been_ended(int ours)
{
	struct kernel_action action;

	for (int signal = 1; signal <= SIGNALS; signal++) {
		bool of_libc = signal == 32 || signal == 33; /* nobody waits for these two */

		if (signal == ours || of_libc || !has_handler(signal, &action)) {
			continue;
		}
		bool rare = (RARE_ONES & BIT(signal)) != 0 || (signal == SIGALRM && is_alarm_set());

		if (!rare || (action.mask & BIT(ours)) != 0) {
			return true;
		}
	}
	return false;
}

/* Will another handler run when ours returns? @restarts: of SA_RESTART, all of them. */
static bool another_comes(const ucontext_t *uc, int signal, bool *restarts)
{
	uint64_t pending = 0, mask;
	struct kernel_action action;
	bool comes = false;

	memcpy(&mask, &uc->uc_sigmask, sizeof(mask));
	*restarts = true;
	if (sys_sigpending(&pending) != 0) {
		return true;
	}
	pending &= ~mask & ~BIT(signal);
	for (int one = 1; one <= SIGNALS; one++) {
		if ((pending & BIT(one)) != 0 && has_handler(one, &action)) {
			comes = true;
			*restarts = *restarts && (action.flags & SA_RESTART) != 0;
		}
	}
	return comes;
}

static struct plan unless_null(enum kind kind, greg_t *time)
{
	return (struct plan){.kind = *time == 0 ? ENDLESS : kind, .time = time};
}

static struct plan milliseconds(greg_t *time)
{
	return (struct plan){.kind = (int)*time < 0 ? ENDLESS : AS_MS, .time = time};
}

static struct plan sleep_of(greg_t *request, const greg_t *rest)
{
	return (struct plan){.kind = *rest != 0 ? COUNTED : AS_TIME, .time = request, .rest = rest};
}

static struct plan clock_sleep_of(greg_t *regs)
{
	clockid_t clock = (clockid_t)regs[ARCH_ARG0];

	if ((regs[ARCH_ARG1] & TIMER_ABSTIME) != 0) {
		return (struct plan){.kind = BOUNDED};
	}
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME) {
		return (struct plan){.kind = CUT}; /* the processor's time: not ours to count */
	}
	return sleep_of(&regs[ARCH_ARG2], &regs[ARCH_ARG3]);
}

/* With a time, or the kernel would restart it; glibc's own are all absolute. */
static struct plan futex_of(const greg_t *regs)
{
	int command = (int)regs[ARCH_ARG1] & FUTEX_CMD_MASK;

	return (struct plan){.kind = command == FUTEX_WAIT_BITSET ? BOUNDED : CUT};
}

static struct plan plan_of(long nr, greg_t *regs)
{
	switch (nr) {
	case SYS_pause:
	case SYS_rt_sigsuspend:
	case SYS_semop:
	case SYS_msgsnd:
	case SYS_msgrcv:
		return (struct plan){.kind = ENDLESS};
	case SYS_select:
	case SYS_pselect6:
		return unless_null(BOUNDED, &regs[ARCH_ARG4]);
	case SYS_ppoll:
		return unless_null(BOUNDED, &regs[ARCH_ARG2]);
	case SYS_poll:
		return milliseconds(&regs[ARCH_ARG2]);
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
		return milliseconds(&regs[ARCH_ARG3]);
	case SYS_epoll_pwait2:
	case SYS_semtimedop:
		return unless_null(AS_TIME, &regs[ARCH_ARG3]);
	case SYS_rt_sigtimedwait:
		return unless_null(AS_TIME, &regs[ARCH_ARG2]);
	case SYS_nanosleep:
		return sleep_of(&regs[ARCH_ARG0], &regs[ARCH_ARG1]);
	case SYS_clock_nanosleep:
		return clock_sleep_of(regs);
	case SYS_futex:
		return futex_of(regs);
	default:
		return (struct plan){.kind = CUT};
	}
}

/* This thread's wait, or a new one. NULL: none is free. */
static struct wait *wait_of(uintptr_t thread, uint64_t now)
{
	unsigned first = (unsigned)((uint64_t)thread * 0x9e3779b97f4a7c15u >> 32);

	for (unsigned i = 0; i < WAITS; i++) {
		if (atomic_load_relaxed(&waits[i].owner) == thread) {
			return &waits[i];
		}
	}
	for (unsigned i = 0; i < WAITS; i++) {
		struct wait *wait = &waits[(first + i) % WAITS];
		uintptr_t old = atomic_load_relaxed(&wait->owner);

		/* Relaxed: who takes it looks at nothing that the last owner wrote. */
		if ((old == 0 || atomic_load_relaxed(&wait->end_ns) + GRACE_NS < now) &&
		    atomic_cas_relaxed(&wait->owner, old, thread)) {
			atomic_store_relaxed(&wait->end_ns, now + GRACE_NS);
			wait->sp = 0;
			return wait;
		}
	}
	return NULL;
}

/* The time of a call that is resumed for the first time, in nanoseconds. */
static uint64_t asked(const struct plan *plan)
{
	if (plan->kind == AS_MS) {
		return (uint64_t)(int)*plan->time * MS;
	}
	const struct timespec *time = (const struct timespec *)*plan->time;

	return (uint64_t)time->tv_sec > UINT64_MAX / SECOND / 4
		       ? UINT64_MAX / 4
		       : (uint64_t)time->tv_sec * SECOND + (uint64_t)time->tv_nsec;
}

static bool is_going_on(const struct wait *wait, const struct plan *plan, uintptr_t sp)
{
	if (wait->sp != sp) {
		return false;
	}
	return plan->kind == AS_MS ? (int)*plan->time == wait->ms
				   : *plan->time == (greg_t)&wait->left;
}

/* Put what is left into the call. */
static bool count_down(const struct plan *plan, uintptr_t sp)
{
	uint64_t now = now_ns();
	struct wait *wait = wait_of((uintptr_t)__builtin_thread_pointer(), now);

	if (wait == NULL) {
		return false;
	}
	if (!is_going_on(wait, plan, sp)) {
		/* A millisecond more, so that it is told from a call that the host makes anew. */
		atomic_store_relaxed(&wait->end_ns, now + asked(plan) + MS);
		wait->sp = sp;
	}
	uint64_t left = wait->end_ns > now ? wait->end_ns - now : 0;

	if (plan->kind == AS_MS) {
		uint64_t ms = (left + MS - 1) / MS;

		wait->ms = ms > INT32_MAX ? INT32_MAX : (int)ms;
		*plan->time = wait->ms;
		return true;
	}
	wait->left.tv_sec = (time_t)(left / SECOND);
	wait->left.tv_nsec = (long)(left % SECOND);
	*plan->time = (greg_t)&wait->left;
	return true;
}

static bool may_resume(const ucontext_t *uc, const struct plan *plan, int signal)
{
	bool restarts;

	return plan->kind != CUT && !another_comes(uc, signal, &restarts) &&
	       (plan->kind != ENDLESS || !may_have_been_ended(signal));
}

/* The call behind which the context stands has failed with EINTR. */
static void resume(ucontext_t *uc, long nr, int signal)
{
	greg_t *regs = uc->uc_mcontext.gregs;
	struct plan plan = plan_of(nr, regs);

	if (!may_resume(uc, &plan, signal)) {
		return;
	}
	if (plan.kind == COUNTED) {
		*plan.time = *plan.rest;
	} else if (plan.kind > COUNTED && !count_down(&plan, (uintptr_t)regs[ARCH_SP])) {
		return;
	}
	regs[ARCH_RESULT] = nr;
	regs[ARCH_PC] -= ARCH_SYSCALL_BYTES;
}

static bool is_cut_by_handlers(long nr)
{
	switch (nr) {
	case SYS_read:
	case SYS_readv:
	case SYS_write:
	case SYS_writev:
	case SYS_accept:
	case SYS_accept4:
	case SYS_recvfrom:
	case SYS_recvmsg:
	case SYS_sendto:
	case SYS_sendmsg:
	case SYS_connect:
	case SYS_wait4:
	case SYS_waitid:
	case SYS_fcntl:
	case SYS_flock:
		return true;
	default:
		return false;
	}
}

/* The kernel is about to restart the call in front of which the context stands. Not if the host has
 * a handler without SA_RESTART, and that is what comes next: the call is to fail. */
static void cut(ucontext_t *uc, int signal)
{
	greg_t *regs = uc->uc_mcontext.gregs;
	bool restarts;

	if (is_cut_by_handlers(regs[ARCH_RESULT]) && another_comes(uc, signal, &restarts) &&
	    !restarts) {
		regs[ARCH_RESULT] = -EINTR;
		regs[ARCH_PC] += ARCH_SYSCALL_BYTES;
	}
}

static bool is_in_libc(uintptr_t at)
{
	struct module libc;

	return modules_find((uintptr_t)__errno_location, &libc) &&
	       at >= libc.start + ARCH_NUMBER_BYTES && at < libc.end - ARCH_SYSCALL_BYTES;
}

/* Behind a call of libc's. */
static void called(ucontext_t *uc, int signal)
{
	const greg_t *regs = uc->uc_mcontext.gregs;
	long nr = arch_syscall_number((const uint8_t *)regs[ARCH_PC] - ARCH_SYSCALL_BYTES);
	bool restarts;

	if (rest_is_due(uc, nr)) {
		if (!another_comes(uc, signal, &restarts)) {
			rest_begin(uc, nr);
		}
	} else if (regs[ARCH_RESULT] == -EINTR) {
		resume(uc, nr, signal);
	}
}

/* The host's thread is in a call that is made for the rest of another. */
static void in_rest(ucontext_t *uc, int signal)
{
	bool restarts;

	if (!rest_is_behind(uc)) {
		cut(uc, signal);
	} else if (!another_comes(uc, signal, &restarts)) {
		rest_go_on(uc);
	}
}

/* The instruction leaves the address of the next one. */
void resume_call(void *context, int signal)
{
	ucontext_t *uc = context;
	const greg_t *regs = uc->uc_mcontext.gregs;
	uintptr_t at = (uintptr_t)regs[ARCH_PC];

	if (rest_is_at(uc)) {
		in_rest(uc, signal);
		return;
	}
	if (!is_in_libc(at)) {
		return;
	}
	if ((uintptr_t)regs[ARCH_CALL_END] == at &&
	    arch_is_syscall((const uint8_t *)at - ARCH_SYSCALL_BYTES)) {
		called(uc, signal);
	} else if ((uintptr_t)regs[ARCH_CALL_END] == at + ARCH_SYSCALL_BYTES &&
		   arch_is_syscall((const uint8_t *)at)) {
		cut(uc, signal);
	}
}
