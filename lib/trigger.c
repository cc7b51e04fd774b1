/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trigger.c - what asks for a dump
 *
 * `writing` is taken by CAS by whoever writes, with all signals blocked; who finds it taken leaves
 * `again` behind.
 *
 * Dumps are numbered from 1 in each process: a forked child, which sees another PID, starts anew.
 */
#include "trigger.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/single_threaded.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"
#include "atomics.h"
#include "borrow.h"
#include "config.h"
#include "dump.h"
#include "failure.h"
#include "fmt.h"
#include "program.h"
#include "real.h"
#include "state.h"
#include "sys.h"

#define EXPORT	    __attribute__((visibility("default")))

#define TOKENS	    10u
#define TOKEN_NS    100000000u
#define STACK_BYTES 16384u
#define WAITS	    2000u /* of 1 ms */
#define ANSWERS	    3u	  /* dumps that one call writes at most, for those who came meanwhile */

typedef int register_fn(void (*)(void), void (*)(void), void (*)(void), void *);

static struct {
	uint32_t writing; /* the PID that writes; PAIR writing */
	uint32_t again;
	uint32_t pid;	    /* whose number it is */
	uint32_t number;    /* of the last dump */
	uint32_t started;   /* the PID of the constructor */
	uint32_t ended;	    /* the PID that wrote its exit dump */
	uint32_t tokens;    /* dumps that signals may ask for now */
	uint64_t earned_ns; /* when the last token came, CLOCK_MONOTONIC */
	bool held;	    /* by trigger_seal() */
	uint64_t took_ns;   /* the last dump */
	uint32_t at_fork;   /* 1: forks come by here */
	/* The thread that has the pen over its fork, and its mask before. */
	const void *forking;
	uint64_t fork_mask;
} self;

/* Stands for a state that was never made. */
static ARCH_LARGE struct layout_header empty;

/* The writer's stack: the host's may be nearly used up. */
static ARCH_LARGE _Alignas(64) uint8_t stack[STACK_BYTES];

/* The state, or the empty profile of a process that never had a sample. Only by the writer. */
static struct layout_view look(void)
{
	struct layout_header *h = state_look();
	struct layout_view view;
	struct timespec now = {0};

	if (h != NULL && layout_open(&view, h, state_bytes()) == NULL) {
		return view;
	}
	h = &empty; /* also where the host has written over its header */
	failure_tell(h);
	(void)sys_clock(CLOCK_REALTIME, &now);
	h->name_bytes = program_path(h->name, sizeof(h->name));
	h->pid = (uint32_t)sys_getpid();
	h->start_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	h->rates[0] = config_get()->rate;
	return (struct layout_view){.header = h, .bytes = LAYOUT_HEADER_BYTES};
}

/* Returns 0 or -errno. */
static int write_numbered(const char *reason)
{
	struct layout_view view = look();
	uint32_t pid = (uint32_t)sys_getpid();

	if (self.pid != pid) {
		self.pid = pid;
		self.number = 0;
	}
	int used = dump_named(&view, reason, self.number + 1);

	if (used > 0) {
		self.number = (uint32_t)used;
	}
	return used > 0 ? 0 : used;
}

/* A flood of signals must neither fill the disk nor keep the host in our handler: TOKENS dumps at
 * once, then one in ten times what a dump takes, and in TOKEN_NS at least. Only by the writer. */
static bool may_write(uint64_t now)
{
	uint64_t each = self.took_ns * 10 > TOKEN_NS ? self.took_ns * 10 : TOKEN_NS;
	uint64_t earned = (now - self.earned_ns) / each;

	if (earned > 0) {
		self.tokens =
			self.tokens + earned > TOKENS ? TOKENS : self.tokens + (uint32_t)earned;
		self.earned_ns = now;
	}
	if (self.tokens == 0) {
		return false;
	}
	self.tokens--;
	return true;
}

static uint64_t clock_ns(void)
{
	struct timespec now = {0};

	(void)sys_clock(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Take the pen, or return false. While a dump is written no handler comes between, and no
 * cancellation: a thread that ended in the middle would leave a descriptor and half a file. */
static bool begin(uint64_t *mask)
{
	if (!sys_block(mask)) {
		return false; /* in a sandbox */
	}
	uint32_t pid = (uint32_t)sys_getpid(), old = atomic_load_relaxed(&self.writing);

	/* PAIR writing: finish(). A forked child may find a writer that it does not have; a child
	 * of vfork one that it does have, and whose stack it must not use. */
	if (old != pid && !borrow_is_guest() && atomic_cas_acquire(&self.writing, old, pid)) {
		return true;
	}
	sys_unblock(*mask);
	return false;
}

/* The same, waiting for who has it. */
static bool begin_in_time(uint64_t *mask)
{
	for (unsigned i = 0; !begin(mask); i++) {
		struct timespec moment = {.tv_nsec = 1000000};

		if (i == WAITS) {
			return false;
		}
		(void)sys_poll(NULL, 0, &moment);
	}
	return true;
}

static void finish(uint64_t mask)
{
	/* PAIR writing: begin(). An exchange, for it may not come after the look at `again`. */
	(void)atomic_exchange_acq_rel(&self.writing, 0);
	sys_unblock(mask);
}

static void answer_signals(void *unused)
{
	uint64_t from = clock_ns();

	(void)unused;
	if (atomic_load_relaxed(&self.again) == 0 || !may_write(from)) {
		return;
	}
	(void)atomic_exchange_acquire(&self.again, 0); /* PAIR again: trigger_signal() */
	(void)write_numbered("signal");
	self.took_ns = clock_ns() - from;
}

/* Who finds the pen taken leaves `again` and goes: so its holder looks once it has put it down. */
void trigger_signal(void)
{
	int saved = errno;
	uint64_t mask;

	if (sys_sealed() || config_get()->off) {
		return;
	}
	atomic_store_release(&self.again, 1); /* PAIR again: answer_signals() */
	for (unsigned i = 0; i < ANSWERS && atomic_load_relaxed(&self.again) != 0; i++) {
		if (!begin(&mask)) {
			break;
		}
		arch_call_on(stack + sizeof(stack), answer_signals, NULL);
		finish(mask);
	}
	errno = saved;
}

struct request {
	const char *path;
	int failed;
};

static void answer_api(void *argument)
{
	struct request *request = argument;

	if (request->path != NULL) {
		struct layout_view view = look();

		request->failed = dump_to(&view, "api", request->path);
		return;
	}
	request->failed = write_numbered("api");
}

int trigger_api(const char *path)
{
	struct request request = {.path = path};
	uint64_t mask;

	if (sys_sealed() || config_get()->rate == 0) {
		return -EPERM;
	}
	if (!begin(&mask)) {
		return -EBUSY;
	}
	arch_call_on(stack + sizeof(stack), answer_api, &request);
	finish(mask);
	if (atomic_load_relaxed(&self.again) != 0) {
		trigger_signal(); /* one that came meanwhile */
	}
	return request.failed;
}

bool trigger_may_exit_dump(uint32_t parent)
{
	enum config_exit exit = config_get()->exit;

	return exit == CONFIG_EXIT_ALL ||
	       (exit == CONFIG_EXIT_FIRST && !program_is_under_library(parent));
}

bool trigger_has_samples(const struct layout_header *h)
{
	return atomic_load_relaxed(&h->windows[LAYOUT_ENTRIES].used) != 0;
}

static void answer_exit(void *argument)
{
	struct layout_header *h = argument;
	struct layout_view view = look();

	/* Where it could not be written, it is not lost: the state file stays. */
	state_finish(!trigger_has_samples(h) || !trigger_may_exit_dump((uint32_t)sys_getppid()) ||
		     dump_named(&view, "exit", 0) >= 0);
}

/* Is it the state of another process, which @pid runs in the memory of? */
static bool is_foreign(const struct layout_header *h, uint32_t pid)
{
	return failure_off() == LAYOUT_OFF_TABLE ? borrow_is_guest() : h->pid != pid;
}

void trigger_exit(void)
{
	struct layout_header *h = state_look();
	uint32_t pid = (uint32_t)sys_getpid();
	int saved = errno;
	uint64_t mask;

	if (pid == self.started) {
		state_close(); /* not in a child of vfork, which shares it with its parent */
	}
	if (h == NULL || is_foreign(h, pid) || self.ended == pid) {
		return;
	}
	/* Another thread's dump would be left half written, and there would be none of the end. */
	if (!begin_in_time(&mask)) {
		return; /* the state file stays, and says the same */
	}
	self.ended = pid;
	arch_call_on(stack + sizeof(stack), answer_exit, h);
	finish(mask);
	errno = saved;
}

void trigger_seal(void)
{
	uint64_t mask;

	self.held = begin_in_time(&mask);
	if (self.held) {
		sys_unblock(mask); /* nobody writes any more, we neither */
	}
	sys_seal();
}

void trigger_unseal(void)
{
	sys_unseal();
	if (self.held) {
		self.held = false;
		(void)atomic_exchange_acq_rel(&self.writing, 0); /* PAIR writing: begin() */
	}
}

/* A child that is forked beside a dump would have its file open for good, so the two wait for each
 * other. The kernel copies the table of descriptors before the memory: what the child finds there
 * tells it nothing about its descriptors. */
static void fork_prepare(void)
{
	int saved = errno;
	uint64_t mask;

	/* One thread writes no dump while it forks. Shells fork by the hundred: no system call
	 * there, and nothing written to, which both sides would copy a page for. */
	if (__libc_single_threaded) {
		return;
	}
	if (!sys_sealed() && !borrow_is_guest() && begin_in_time(&mask)) {
		self.fork_mask = mask;
		self.forking = __builtin_thread_pointer();
	}
	errno = saved;
}

static bool fork_finish(void)
{
	if (self.forking != __builtin_thread_pointer()) {
		return false; /* another's, for ours waited too long */
	}
	self.forking = NULL;
	finish(self.fork_mask);
	return true;
}

static void fork_parent(void)
{
	if (fork_finish() && atomic_load_relaxed(&self.again) != 0) {
		trigger_signal(); /* one that came meanwhile */
	}
}

static void fork_child(void)
{
	if (fork_finish()) {
		atomic_store_relaxed(&self.again, 0); /* the parent's */
	}
}

void trigger_start(void)
{
	self.started = (uint32_t)sys_getpid();
}

/* Not at the start: it is two page faults, and most programs have one thread. (Threads that libc
 * makes for itself, for timers and such, do not come by here.) */
void trigger_threads(void)
{
	/* pthread_atfork() by the name that libc exports it by; we are never unloaded. */
	register_fn *at_fork;

	/* Relaxed: once is enough, whoever does it. */
	if (self.started == 0 || !atomic_cas_relaxed(&self.at_fork, 0u, 1u)) {
		return;
	}
	at_fork = (register_fn *)real_next("__register_atfork");
	if (at_fork != NULL) {
		(void)at_fork(fork_prepare, fork_parent, fork_child, NULL);
	}
}

/* The ways out that run no destructor. */
static __attribute__((noreturn)) void leave(void (*real_exit)(int), int status)
{
	trigger_exit();
	if (real_exit != NULL) {
		real_exit(status);
	}
	sys_exit(status);
}

EXPORT void _exit(int status)
{
	leave(real.exit_now, status);
}

EXPORT void _Exit(int status)
{
	leave(real.exit_now, status); /* one function in glibc */
}

EXPORT void quick_exit(int status)
{
	leave(real_resolve() ? real.quick_exit : NULL, status);
}
