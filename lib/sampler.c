/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sampler.c - which allocations are sampled, and what a sampled one and its free do
 *
 * Order of a sample: unwind, intern the stack, enter the block into the live table, then count it.
 * A block that finds no room in the live table is not counted at all: its free could not be.
 *
 * A change of rate opens a new epoch. A thread's gap belongs to the epoch it was drawn in, and so
 * does the sample that ends it; entries carry their epoch, so each count is scaled by the rate that
 * it was taken at.
 *
 * Handlers that allocate inside a sample, and jumps out of one: guard.h.
 */
#include "sampler.h"

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "failure.h"
#include "guard.h"
#include "modules_seen.h"
#include "poisson.h"
#include "ready.h"
#include "real.h"
#include "say.h"
#include "scratch.h"
#include "stacks.h"
#include "state.h"
#include "sys.h"
#include "thread.h"

#define RATE_MAX      (1ull << 40)
#define RATE_PRESSURE 4096u /* below, memory grows with each block: doubling would not help */
#define REFUSED_MOST  8u
#define BLIND_MOST    64u

enum {
	COLD, /* the settings were not read yet */
	OFF,
	ON,
};

static struct {
	uint32_t phase;
	uint32_t paused;
	uint64_t seed;	      /* moved on by each new thread */
	uint32_t threads;     /* that had one of it */
	uint32_t process;     /* whose numbers they are */
	uint64_t lost;	      /* samples before there was a state to count them in */
	uint32_t pressure;    /* what state_pressure() said when the rate was last raised */
	uint32_t pressed;     /* the process that it was said of */
	uint32_t blind;	      /* walks in a row that found no caller */
	uint32_t scratchless; /* 1: the last sample found no buffer */
} self;

bool sampler_start(void)
{
	if (atomic_load_relaxed(&self.phase) != COLD) {
		return true;
	}
	if (environ == NULL) {
		return false; /* libc itself has not started */
	}
	const char *random = (const char *)real.getauxval(AT_RANDOM); /* 16 bytes, anywhere */
	uint64_t chance = 0;

	say_start();
	config_start(environ);
	if (real.getauxval(AT_SECURE) != 0) {
		config_off(); /* a set-user-ID program */
	}
	if (random != NULL) {
		memcpy(&chance, random + 8, sizeof(chance));
	}
	self.seed = chance;
	if (!config_get()->off) {
		ready_start();
	}
	/* Relaxed: one thread, or the settings were published by creating the others. */
	atomic_store_relaxed(&self.phase, config_get()->off ? OFF : ON);
	return true;
}

/* The rate that new gaps are drawn at. */
static uint64_t rate_now(const struct layout_header *h, uint32_t *epoch)
{
	if (h == NULL) {
		*epoch = 0;
		return config_get()->rate;
	}
	/* PAIR epoch: open_epoch(). In a damaged header it is any number. */
	*epoch = atomic_load_acquire(&h->epoch) % LAYOUT_EPOCHS;
	return h->rates[*epoch];
}

static void draw(struct thread *t, const struct layout_header *h)
{
	uint64_t rate = rate_now(h, &t->epoch);

	t->countdown = rate <= 1 ? 0 : poisson_gap(poisson_next(&t->random), rate);
}

/* Of the candidates that the countdown gives, those that are samples (poisson.h). */
static bool keep(struct thread *t, size_t size, uint64_t rate)
{
	return rate <= 1 || poisson_keep(poisson_next(&t->random), size, rate);
}

/* The fast path charged size + 1 and fell below zero. Did it cross the end of a gap? In a new
 * thread no gap was drawn yet. If not, the countdown is right again. */
static bool crossed(struct thread *t, uint64_t charge)
{
	uint64_t left = t->countdown + charge; /* what it was before */

	if (t->random == 0) {
		/* Mixed: neighbours of the generator's own step would draw the same numbers. */
		uint64_t seed = atomic_add_relaxed(&self.seed, 0x9e3779b97f4a7c15u);

		t->random = poisson_next(&seed) | 1;
		t->number = (uint16_t)atomic_add_relaxed(&self.threads, 1);
		draw(t, state_look());
		left = t->countdown;
	}
	/* More than any gap: what a handler allocated between the charge and here. */
	if (charge > left || left > THREAD_FAR) {
		return true;
	}
	t->countdown = left - charge;
	return false;
}

/* The gap that has ended belongs to an epoch of this process's: a forked child's first one stands
 * for the parent's last. */
static uint32_t epoch_of(const struct thread *t, const struct layout_header *h)
{
	uint32_t epoch = atomic_load_acquire(&h->epoch); /* PAIR epoch: open_epoch() */

	return t->epoch < epoch ? t->epoch : epoch;
}

static void count_lost(struct layout_header *h)
{
	atomic_add_relaxed(h != NULL ? &h->counts.lost_samples : &self.lost, 1);
}

/* Whoever names the next rate first has named it for good, for gaps may have been drawn at it: one
 * that is too late opens the epoch after. */
static bool open_epoch(struct layout_header *h, uint64_t rate)
{
	for (;;) {
		uint32_t epoch = atomic_load_acquire(&h->epoch);

		if (rate == atomic_load_relaxed(&h->rates[epoch])) {
			return true;
		}
		if (epoch + 1 >= LAYOUT_EPOCHS) {
			return false;
		}
		(void)atomic_cas_relaxed(&h->rates[epoch + 1], (uint64_t)0, rate);
		/* PAIR epoch: rate_now() */
		(void)atomic_cas_acq_rel(&h->epoch, epoch, epoch + 1);
	}
}

static void raise_rate(struct layout_header *h)
{
	uint64_t rate = h->rates[atomic_load_relaxed(&h->epoch)] * 2;

	if (rate < RATE_PRESSURE) {
		rate = RATE_PRESSURE;
	}
	if (rate <= RATE_MAX) {
		(void)open_epoch(h, rate);
	}
}

/* The budget is nearly used up: sample less, so that it lasts. */
static void relieve(struct layout_header *h)
{
	unsigned pressure = state_pressure(h);

	if (atomic_load_relaxed(&self.pressed) != h->pid) { /* a child has a budget of its own */
		atomic_store_relaxed(&self.pressed, h->pid);
		atomic_store_relaxed(&self.pressure, 0);
	}
	unsigned old = atomic_load_relaxed(&self.pressure);

	if (pressure <= old || !atomic_cas_relaxed(&self.pressure, old, pressure)) {
		return;
	}
	raise_rate(h);
}

/* A table would not take a sample, whatever the budget says: count it, and if that goes on, sample
 * less. */
static void refused(struct layout_header *h, uint64_t *count)
{
	if ((atomic_add_relaxed(count, 1) + 1) % REFUSED_MOST == 0) {
		raise_rate(h);
	}
}

/* Some stacks cannot be walked, and their first address is better than nothing; but where that goes
 * on and on, and not for code that tells nothing of itself, it is we who are wrong. */
static void look_at_walk(size_t n, unsigned flags)
{
	if ((flags & UNWIND_UNTOLD) != 0) {
		return;
	}
	if ((flags & UNWIND_CUT) != 0 && n <= 2) {
		if (atomic_add_relaxed(&self.blind, 1) % BLIND_MOST == BLIND_MOST - 1) {
			failure_note(LAYOUT_OFF_UNWIND);
		}
	} else if (atomic_load_relaxed(&self.blind) != 0) {
		atomic_store_relaxed(&self.blind, 0);
		failure_passed(LAYOUT_OFF_UNWIND);
	}
}

static uint32_t intern(struct layout_header *h, const struct unwind_regs *regs,
		       struct scratch *scratch, const struct stacks_key *key, uint64_t slack)
{
	struct stacks_key whole = *key;
	unsigned flags = 0;
	bool is_new;

	whole.n = unwind_walk_memo(regs, &scratch->memo, scratch->pcs, config_get()->depth, &flags);
	whole.pcs = scratch->pcs;
	if ((flags & UNWIND_CUT) != 0) {
		atomic_add_relaxed(&h->counts.cut_stacks, 1);
	}
	look_at_walk(whole.n, flags);
	uint32_t entry = stacks_intern(h, &whole, slack, &is_new);

	if (is_new) {
		modules_seen(h, whole.pcs, whole.n);
	}
	return entry;
}

static void record(struct layout_header *h, void *p, const struct stacks_key *key,
		   const struct unwind_regs *regs)
{
	struct scratch *scratch = scratch_take();
	uint64_t slack = real.block_size != NULL ? real.block_size(p) : key->size;
	uint32_t entry, old;

	if (scratch == NULL) {
		count_lost(h);
		atomic_store_relaxed(&self.scratchless, 1);
		failure_note(LAYOUT_OFF_SCRATCH);
		return;
	}
	if (atomic_load_relaxed(&self.scratchless) != 0) {
		atomic_store_relaxed(&self.scratchless, 0);
		failure_passed(LAYOUT_OFF_SCRATCH);
	}
	live_expect(h, (uintptr_t)p);
	entry = intern(h, regs, scratch, key, slack > key->size ? slack - key->size : 0);
	scratch_give(scratch);
	if (entry == STACKS_NONE) {
		refused(h, &h->counts.lost_samples);
		return;
	}
	bool added = live_add(h, (uintptr_t)p, entry, &old);

	if (old != STACKS_NONE) {
		atomic_add_relaxed(&h->counts.replaced, 1);
		stacks_free(h, old);
	}
	if (!added) {
		refused(h, &h->counts.lost_live);
		return;
	}
	stacks_alloc(h, entry);
	relieve(h);
}

/* Has nobody written over the header, by which all else is found? Its first line tells. */
static inline bool is_sound(const struct layout_header *h)
{
	if (__builtin_expect(h->magic == LAYOUT_MAGIC &&
				     atomic_load_relaxed(&h->epoch) < LAYOUT_EPOCHS &&
				     atomic_load_relaxed(&h->off) != LAYOUT_OFF_TABLE,
			     1)) {
		return true;
	}
	if (failure_off() != LAYOUT_OFF_TABLE) {
		failure_note(LAYOUT_OFF_TABLE);
	}
	return false;
}

/* A sample is due: is there a state to put it in? */
static struct layout_header *enter(void)
{
	struct layout_header *h;

	if (!ready_try()) {
		return NULL;
	}
	h = ready_enter();
	if (h != NULL && atomic_load_relaxed(&self.lost) != 0) {
		atomic_add_relaxed(&h->counts.lost_samples,
				   atomic_exchange_acquire(&self.lost, (uint64_t)0));
	}
	return h;
}

/* failure.h: in the state, where there is one. */
static bool is_off(const struct layout_header *h)
{
	if (h == NULL) {
		return failure_off() != LAYOUT_OFF_NOT;
	}
	return atomic_load_relaxed(&h->off) != LAYOUT_OFF_NOT || !is_sound(h);
}

/* A forked child would go on with its parent's numbers, as its siblings do, and all of them sample
 * the same blocks. The gap that ends here is its parent's still: alone it does no harm. */
static void part_from_parent(struct thread *t, const struct layout_header *h)
{
	uint64_t chance = h->start_ns ^ (uint64_t)h->pid << 32;

	if (atomic_load_relaxed(&self.process) != h->pid) {
		atomic_store_relaxed(&self.process, h->pid); /* one thread, or each parts alone */
		t->random = (poisson_next(&chance) ^ t->random) | 1;
		atomic_add_relaxed(&self.seed, poisson_next(&chance));
	}
}

static void sample(struct thread *t, void *p, size_t size, const struct unwind_regs *regs)
{
	struct stacks_key key = {.size = size != 0 ? size : 1};
	int saved = errno;

	t->countdown = 0; /* a handler that jumps out of here leaves a gap that ends at once */
	struct layout_header *h = enter();

	if (is_off(h)) {
		atomic_store_relaxed(&self.phase, OFF);
		t->countdown = THREAD_FAR;
		errno = saved;
		return;
	}
	if (h != NULL) {
		part_from_parent(t, h);
		key.epoch = epoch_of(t, h);
		key.shard = t->number % STACKS_SHARDS;
	}
	draw(t, h);
	if (h == NULL) {
		count_lost(NULL);
	} else if (keep(t, size, h->rates[key.epoch])) {
		record(h, p, &key, regs);
	}
	errno = saved;
}

void sampler_alloc(void *p, size_t size, const struct unwind_regs *regs)
{
	struct thread *t = thread_self();
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0);

	if (!sampler_start() || atomic_load_relaxed(&self.phase) == OFF) {
		t->countdown = atomic_load_relaxed(&self.phase) == OFF ? THREAD_FAR : 0;
		return;
	}
	if (!crossed(t, (uint64_t)size + 1)) {
		return;
	}
	/* What is no sample ends its gap all the same. Kept for the next block, the gap would be
	 * one that is known to be short: after a pause nearly every first block would be a sample.
	 */
	if (p == NULL || atomic_load_relaxed(&self.paused) != 0) {
		draw(t, state_look());
		return;
	}
	if (!guard_take(t, frame)) {
		draw(t, state_look());
		count_lost(state_look());
		return;
	}
	sample(t, p, size, regs);
	guard_give(t);
}

bool sampler_take(const void *p, uint32_t *entry)
{
	/* In a forked child without a state of its own: a sample of the parent's, whose free here
	 * is none there. */
	struct layout_header *h = state_look();

	return h != NULL && is_sound(h) && live_take(h, (uintptr_t)p, entry);
}

void sampler_freed(uint32_t entry)
{
	struct layout_header *h = state_look();

	if (h != NULL) {
		stacks_free(h, entry);
	}
}

void sampler_put_back(const void *p, uint32_t entry)
{
	struct layout_header *h = state_look();
	uint32_t old;

	if (h != NULL && !live_add(h, (uintptr_t)p, entry, &old)) {
		/* Its slot was given away meanwhile and the table is full: better a block too few
		 * in use than one that can never be freed. */
		stacks_free(h, entry);
		atomic_add_relaxed(&h->counts.lost_live, 1);
	}
}

void sampler_pause(void)
{
	atomic_store_relaxed(&self.paused, 1);
}

void sampler_resume(void)
{
	atomic_store_relaxed(&self.paused, 0);
}

int sampler_set_rate(uint64_t rate)
{
	struct thread *t = thread_self();
	struct layout_header *h;

	if (rate == 0 || rate > RATE_MAX) {
		return -EINVAL;
	}
	if (failure_off() != LAYOUT_OFF_NOT) {
		return -EPERM;
	}
	if (!sampler_start() || !ready_try() || (h = ready_enter()) == NULL) {
		return -EAGAIN;
	}
	if (!open_epoch(h, rate)) {
		return -ENOSPC;
	}
	if (t->random != 0) {
		draw(t, h); /* a gap has no memory: it may be drawn anew at any time */
	}
	return 0;
}
