/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sigchain.c - our dump signal beside the host's own use of it
 *
 * The host's action is read by handlers on any thread while another thread changes it. So there are
 * as many copies as a counter tells apart, the current one is published by index, and one that was
 * replaced is written again only three changes later: a handler copies it first thing.
 *
 * A child of vfork shares this record with its parent, but not the kernel's actions: what it sets,
 * mostly defaults before it executes something, goes to the kernel alone (borrow.h).
 *
 * The kernel's action is ours with the host's mask and those of its flags that the kernel acts on,
 * so that nesting, alternate stacks and interrupted system calls are as the host asked. Without a
 * host's action: SA_ONSTACK, for the signal may find a goroutine's small stack, SA_RESTART, and all
 * signals blocked, so that what comes next is known when ours returns (resume.h).
 */
#include "sigchain.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "arch.h"
#include "atomics.h"
#include "borrow.h"
#include "real.h"
#include "resume.h"
#include "sys.h"
#include "trigger.h"

#define EXPORT __attribute__((visibility("default")))
#define COPIES 4u
/* The flags of the host's that the kernel must know. */
#define KERNEL_FLAGS (SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_NOCLDSTOP | SA_NOCLDWAIT)
#define LOCK_ROUNDS  (1u << 20)
/* What libc and the kernel make of the host's flags before they tell them: those that the kernel
 * does not know are gone (from Linux 5.11 on; SA_UNSUPPORTED is there to be asked for), and libc
 * has added its restorer. */
#define SA_EXPOSE_TAGBITS_ 0x800
#define SA_RESTORER_	   0x04000000
#define KNOWN_FLAGS	   (KERNEL_FLAGS | (int)SA_RESETHAND | SA_SIGINFO | SA_EXPOSE_TAGBITS_)

typedef int sigaction_fn(int, const struct sigaction *, struct sigaction *);
typedef void handler_fn(int);
typedef handler_fn *set_handler_fn(int, handler_fn *);

static struct {
	int signal; /* 0: not started, or none */
	sigaction_fn *sigaction;
	uint32_t current;  /* index of the host's action; PAIR host */
	uint32_t changing; /* the PID that changes it; PAIR changing */
	struct sigaction host[COPIES];
	/* What the other signals' calls go to, looked up early: they are made in handlers and in
	 * forked children, where dlsym may wait for a lock of the loader for ever. */
	set_handler_fn *signal_fn, *sysv_signal, *sigset;
	int (*siginterrupt)(int, int);
	bool interrupts;	/* siginterrupt(): what signal() sets has no SA_RESTART */
	void (*restorer)(void); /* libc's */
} self;

static sigaction_fn *real_sigaction(void)
{
	if (self.sigaction == NULL) {
		self.sigaction = (sigaction_fn *)real_next("sigaction");
	}
	return self.sigaction;
}

static void look_up(void)
{
	if (self.signal_fn == NULL) {
		self.sysv_signal = (set_handler_fn *)real_next("sysv_signal");
		self.sigset = (set_handler_fn *)real_next("sigset");
		self.siginterrupt = (int (*)(int, int))real_next("siginterrupt");
		self.signal_fn = (set_handler_fn *)real_next("signal");
	}
}

/* Sets of signals as the kernel has them; the first word of libc's. By hand, for a program may have
 * functions that are called like libc's. */
static uint64_t bit_of(int signal)
{
	return 1ull << (signal - 1);
}

static uint64_t *mask_of(struct sigaction *action)
{
	return (uint64_t *)&action->sa_mask;
}

static struct sigaction host_action(void)
{
	return self.host[atomic_load_acquire(&self.current) % COPIES]; /* PAIR host: publish() */
}

static void publish(const struct sigaction *action)
{
	uint32_t next = atomic_load_relaxed(&self.current) + 1;

	self.host[next % COPIES] = *action;
	atomic_store_release(&self.current, next); /* PAIR host: host_action() */
}

/* Did somebody outside ask for a dump? */
static bool is_request(const siginfo_t *info)
{
	bool sent =
		info->si_code == SI_USER || info->si_code == SI_QUEUE || info->si_code == SI_TKILL;

	return sent && info->si_pid != sys_getpid();
}

static bool is_marked(const siginfo_t *info)
{
	return info->si_code == SI_QUEUE && info->si_value.sival_int == SIGCHAIN_MARK;
}

/* The host has the default action and sent the signal to itself: let the kernel carry it out. */
static void default_action(int signal)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	uint64_t set = bit_of(signal);

	(void)real_sigaction()(signal, &action, NULL);
	(void)sys_tgkill(sys_getpid(), sys_gettid(), signal);
	(void)sys_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void on_signal(int signal, siginfo_t *info, void *context);

static void install(const struct sigaction *host)
{
	struct sigaction ours = {.sa_sigaction = on_signal, .sa_mask = host->sa_mask};

	if (host->sa_handler == SIG_IGN) {
		(void)real_sigaction()(self.signal, host, NULL);
		return;
	}
	if (host->sa_handler == SIG_DFL) {
		*mask_of(&ours) = UINT64_MAX;
	}
	ours.sa_flags = SA_SIGINFO | (host->sa_handler == SIG_DFL ? SA_ONSTACK | SA_RESTART
								  : host->sa_flags & KERNEL_FLAGS);
	(void)real_sigaction()(self.signal, &ours, NULL);
}

static int change(const struct sigaction *action, struct sigaction *old);

static void hand_on(int signal, siginfo_t *info, void *context)
{
	struct sigaction host = host_action();

	if (host.sa_handler == SIG_IGN) {
		return;
	}
	if (host.sa_handler == SIG_DFL) {
		if (!is_request(info)) {
			default_action(signal);
			install(&host); /* still here: its default is not to end the process */
		} else {
			resume_call(context, signal);
		}
		return;
	}
	if ((host.sa_flags & (int)SA_RESETHAND) != 0) {
		struct sigaction reset = host;

		reset.sa_handler = SIG_DFL; /* all else stays, as in the kernel */
		(void)change(&reset, NULL);
	}
	if ((host.sa_flags & SA_SIGINFO) != 0) {
		host.sa_sigaction(signal, info, context);
	} else {
		host.sa_handler(signal);
	}
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
	if (is_request(info)) {
		trigger_signal();
		if (is_marked(info)) {
			return;
		}
	}
	hand_on(signal, info, context);
}

/* What a Go program finds (sigchain.h). */
static void nothing(int signal)
{
	(void)signal;
}

void sigchain_start(int signal, bool go)
{
	struct sigaction inherited;

	if (signal == 0 || real_sigaction() == NULL ||
	    real_sigaction()(signal, NULL, &inherited) != 0) {
		return;
	}
	if (go && inherited.sa_handler == SIG_DFL) {
		inherited.sa_handler = nothing;
		inherited.sa_flags = SA_ONSTACK | SA_RESTART;
	}
	look_up();
	publish(&inherited);
	self.signal = signal;
	install(&inherited);
}

void sigchain_retire(void)
{
	struct sigaction host = host_action(), ignore = {.sa_handler = SIG_IGN};

	if (self.signal != 0 && (host.sa_handler == SIG_DFL || host.sa_handler == nothing)) {
		(void)real_sigaction()(self.signal, &ignore, NULL);
	}
}

void sigchain_return(void)
{
	struct sigaction host = host_action();

	if (self.signal != 0) {
		install(&host);
	}
}

static bool is_ours(int signal)
{
	return signal != 0 && signal == self.signal;
}

/* One at a time, with all signals blocked: a handler may change the action, too. A forked child may
 * find that a thread which it does not have was at it. Bounded, for in a sandbox nothing is blocked
 * and no PID is known; who comes through then tears no more than the record. */
static bool lock(uint64_t *mask)
{
	bool blocked = sys_block(mask);
	uint32_t pid = (uint32_t)sys_getpid();

	for (unsigned i = 0; i < LOCK_ROUNDS; i++) {
		uint32_t old = atomic_load_relaxed(&self.changing);

		/* PAIR changing: unlock() */
		if (old != pid && atomic_cas_acquire(&self.changing, old, pid)) {
			break;
		}
		arch_pause();
	}
	return blocked;
}

static void unlock(bool blocked, uint64_t mask)
{
	atomic_store_release(&self.changing, 0); /* PAIR changing: lock() */
	if (blocked) {
		sys_unblock(mask);
	}
}

/* In a child of vfork, whose record is its parent's. */
static int change_kernel(const struct sigaction *action, struct sigaction *old)
{
	struct sigaction kernel;
	int failed = real_sigaction()(self.signal, action, &kernel);

	if (failed == 0 && old != NULL) {
		*old = kernel.sa_sigaction == on_signal ? host_action() : kernel;
	}
	return failed;
}

/* Asked when the host first sets an action, of the kernel, which libc gave it to with ours. */
static void learn_restorer(void)
{
	struct sigaction ours;

	if (self.restorer == NULL && real_sigaction()(self.signal, NULL, &ours) == 0) {
		self.restorer = ours.sa_restorer;
	}
}

/* What sigaction() means to the host: its own action is told and changed. */
static int change(const struct sigaction *action, struct sigaction *old)
{
	struct sigaction before;
	uint64_t mask;

	if (borrow_is_guest()) {
		return change_kernel(action, old);
	}
	bool blocked = lock(&mask);

	before = host_action();
	if (action != NULL) {
		struct sigaction after = *action;

		learn_restorer();
		/* As the kernel does, and tells who asks. */
		*mask_of(&after) &= ~(bit_of(SIGKILL) | bit_of(SIGSTOP));
		after.sa_flags = (after.sa_flags & KNOWN_FLAGS) | SA_RESTORER_;
		after.sa_restorer = self.restorer;
		publish(&after);
		install(&after);
	}
	unlock(blocked, mask);
	if (old != NULL) {
		*old = before;
	}
	return 0;
}

EXPORT int sigaction(int signal, const struct sigaction *action, struct sigaction *old)
{
	if (!is_ours(signal)) {
		return real_sigaction()(signal, action, old);
	}
	return change(action, old);
}

/* signal() and its kin in terms of sigaction(), as POSIX and glibc's manual describe them. */
static handler_fn *set_handler(set_handler_fn **of_libc, int signal, handler_fn *handler, int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags}, old = {0};

	if (!is_ours(signal)) {
		set_handler_fn *real_signal;

		look_up();
		real_signal = *of_libc;
		if (real_signal == NULL) {
			errno = ENOSYS;
			return SIG_ERR;
		}
		return real_signal(signal, handler);
	}
	if (handler == SIG_ERR) {
		errno = EINVAL;
		return SIG_ERR;
	}
	if ((flags & SA_NODEFER) == 0) {
		*mask_of(&action) = bit_of(signal);
	}
	(void)change(&action, &old);
	return old.sa_handler;
}

static int restart_flag(void)
{
	return self.interrupts ? 0 : SA_RESTART;
}

handler_fn *bsd_signal(int signal, handler_fn *handler);
handler_fn *ssignal(int signal, handler_fn *handler);
handler_fn *sysv_signal(int signal, handler_fn *handler);
handler_fn *__sysv_signal(int signal, handler_fn *handler);

EXPORT handler_fn *signal(int signal, handler_fn *handler)
{
	return set_handler(&self.signal_fn, signal, handler, restart_flag());
}

EXPORT handler_fn *bsd_signal(int signal, handler_fn *handler)
{
	return set_handler(&self.signal_fn, signal, handler, restart_flag());
}

EXPORT handler_fn *ssignal(int signal, handler_fn *handler)
{
	return set_handler(&self.signal_fn, signal, handler, restart_flag());
}

EXPORT handler_fn *sysv_signal(int signal, handler_fn *handler)
{
	return set_handler(&self.sysv_signal, signal, handler, (int)SA_RESETHAND | SA_NODEFER);
}

EXPORT handler_fn *__sysv_signal(int signal, handler_fn *handler)
{
	return set_handler(&self.sysv_signal, signal, handler, (int)SA_RESETHAND | SA_NODEFER);
}

EXPORT int siginterrupt(int signal, int interrupts)
{
	struct sigaction action;

	look_up();
	if (!is_ours(signal)) {
		return self.siginterrupt(signal, interrupts);
	}
	action = host_action();
	self.interrupts = interrupts != 0;
	action.sa_flags = (action.sa_flags & ~SA_RESTART) | restart_flag();
	return change(&action, NULL);
}

EXPORT int sigignore(int signal)
{
	struct sigaction action = {.sa_handler = SIG_IGN};

	return sigaction(signal, &action, NULL);
}

EXPORT handler_fn *sigset(int signal, handler_fn *handler)
{
	struct sigaction action = {.sa_handler = handler}, old = {0};
	uint64_t set = bit_of(signal), before = 0;

	if (!is_ours(signal)) {
		return set_handler(&self.sigset, signal, handler, 0);
	}
	bool hold = handler == SIG_HOLD;

	(void)sys_sigmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, &before);
	(void)change(hold ? NULL : &action, &old);
	return (before & set) != 0 ? SIG_HOLD : old.sa_handler;
}
