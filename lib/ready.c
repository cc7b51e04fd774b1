/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ready.c - safe points
 */
#include "ready.h"

#include <dlfcn.h>
#include <sys/single_threaded.h>

#include "atomics.h"
#include "borrow.h"
#include "config.h"
#include "failure.h"
#include "modules.h"
#include "modules_seen.h"
#include "rules.h"
#include "scratch.h"
#include "spans.h"
#include "state.h"
#include "sys.h"

#define WAIT_MOST 64u

enum {
	NOT_MADE,
	MAKING,
	MADE,
};

enum {
	HOST_UNKNOWN,
	HOST_OURS,
	HOST_ITSELF,
};

static struct {
	uint32_t phase;
	uint32_t waited; /* samples that came where no safe point was */
	uint32_t host;	 /* whose malloc the program calls: HOST_*; each thread finds the same */
} self;

void ready_start(void)
{
	borrow_start();
	modules_start();
	spans_start();
}

/* Once, and with signals blocked: a handler that came between might jump out of it. */
static bool make(void)
{
	bool made = state_make();

	if (!made) {
		failure_note(LAYOUT_OFF_STATE);
		if (failure_off() != LAYOUT_OFF_NOT) {
			return false; /* MAKING for ever */
		}
	} else {
		failure_tell(state_look());
	}
	atomic_store_release(&self.phase, made ? MADE : NOT_MADE); /* PAIR ready: ready_make() */
	return made;
}

bool ready_make(void)
{
	uint64_t mask;

	if (atomic_load_acquire(&self.phase) == MADE) { /* PAIR ready: make() */
		return true;
	}
	if (borrow_is_guest() || !atomic_cas_acquire(&self.phase, NOT_MADE, MAKING)) {
		return false; /* somebody is at it; maybe we, below a handler */
	}
	if (!sys_block(&mask)) {
		atomic_store_release(&self.phase, NOT_MADE); /* PAIR ready: ready_make() */
		return false;
	}
	bool made = make();

	sys_unblock(mask);
	return made;
}

bool ready_try(void)
{
	if (atomic_load_acquire(&self.phase) == MADE) { /* PAIR ready: ready_make() */
		return true;
	}
	/* Other threads' first, if they were made by nobody that we know of, has no safe point. */
	if (!__libc_single_threaded && atomic_add_relaxed(&self.waited, 1) < WAIT_MOST) {
		return false;
	}
	return ready_make();
}

struct layout_header *ready_enter(void)
{
	bool is_child = state_look() == NULL;

	if (is_child && borrow_is_guest()) {
		return NULL; /* of a process that has not made its own yet */
	}
	struct layout_header *h = state_enter();

	if (h == NULL && is_child) {
		failure_note(LAYOUT_OFF_STATE);
	} else if (is_child) {
		failure_tell(h); /* who forks while it is off has children that are */
		scratch_fork_child();
		modules_seen_fork_child();
		rules_fork_child();
	}
	return h;
}

/* Is there anything to be ready for? Not where we are off, nor where the program brings a malloc of
 * its own (sanitizers, a jemalloc linked in): then no allocation comes to us, and its threads may
 * not even bear the few calls that we make in them. */
bool ready_is_wanted(void)
{
	if (config_get()->rate == 0) {
		return false; /* not read yet, or off */
	}
	if (self.host == HOST_UNKNOWN) {
		uintptr_t found = (uintptr_t)dlsym(RTLD_DEFAULT, "malloc");
		struct module m;
		bool foreign =
			modules_find(found, &m) && (uintptr_t)&self - m.start >= m.end - m.start;

		self.host = foreign ? HOST_ITSELF : HOST_OURS;
	}
	return self.host == HOST_OURS;
}
