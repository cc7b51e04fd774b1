/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/sampler.o lib/poisson.o lib/thread.o lib/stacks.o lib/index.o lib/live.o */
/* objects: lib/filter.o lib/state.o lib/place.o lib/config.o lib/scratch.o lib/fmt.o lib/say.o */
/* objects: lib/program.o lib/failure.o lib/guard.o */
/* objects: tests/unit/fake_sys.o tests/unit/fake_real.o */
/*
 * Proves: what is estimated from the samples is the truth, within what chance allows: for each
 * size, malloc(0) too, at several rates, over a change of rate, over pauses and over failed
 * allocations; at rate 1 it is the truth to the last block. A tight budget makes the rate rise, in
 * children too. Fails when: a block's chance is not what a reader divides by, a gap is carried over
 * where it has lost its meaning, or a free is not counted.
 */
#include "sampler.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "apart.h"
#include "failure.h"
#include "filter.h"
#include "modules_seen.h"
#include "poisson.h"
#include "ready.h"
#include "real.h"
#include "scratch.h"
#include "shm.h"
#include "thread.h"

#define SIGMAS 6.5 /* by chance once in 10^10 */

static uint64_t seed;
static bool not_ready, blind;
static time_t second; /* of the clock that a case may set */

/* --- what the sampler stands on, in plain -------------------------------------------------------
 */

void ready_start(void)
{
}

bool ready_try(void)
{
	return !not_ready && state_make();
}

struct layout_header *ready_enter(void)
{
	return state_enter();
}

size_t unwind_walk_memo(const struct unwind_regs *regs, struct memo *memo, uintptr_t *pcs,
			size_t depth, unsigned *flags)
{
	(void)memo;
	(void)depth;
	pcs[0] = regs->pc;
	pcs[1] = UNWIND_PC_CUT;
	*flags = blind ? UNWIND_CUT : 0;
	return blind ? 2 : 1;
}

void modules_seen(struct layout_header *h, const uintptr_t *pcs, size_t n)
{
	(void)h;
	(void)pcs;
	(void)n;
}

/* --- a host -------------------------------------------------------------------------------------
 */

static uintptr_t next_address = 0x10000;

/* As shim.c does it. */
static void charge(uintptr_t pc, void *p, size_t size)
{
	struct unwind_regs regs = {.pc = pc};

	if (__builtin_sub_overflow(thread_self()->countdown, (uint64_t)size + 1,
				   &thread_self()->countdown)) {
		sampler_alloc(p, size, &regs);
	}
}

static void *allocate(uintptr_t pc, size_t size)
{
	void *p = (void *)next_address;

	next_address += 64;
	charge(pc, p, size);
	return p;
}

static void release(void *p)
{
	uint32_t entry;

	if (filter_may_hold(p) && sampler_take(p, &entry)) {
		sampler_freed(entry);
	}
}

static void begin(const char *rate, const char *memory)
{
	setenv("LEAKTRACK_RATE", rate, 1);
	setenv("LEAKTRACK_MEMORY", memory, 1);
	setenv("TMPDIR", shm_tmp, 1);
	CHECK(sampler_start());
	/* Another run of chance each time, or the same again by SEED. */
	thread_self()->random = (seed ^ strtoull(rate, NULL, 10) << 20) | 1;
}

/* --- what a reader makes of it ------------------------------------------------------------------
 */

struct estimate {
	double allocs, inuse; /* estimated blocks */
	double variance;      /* of allocs */
	uint64_t samples;
};

/* Of all entries of this stack, and this size unless it is SIZE_MAX. */
static struct estimate estimate(uintptr_t pc, size_t size)
{
	struct layout_header *h = state_look();
	struct layout_view view = {.header = h, .bytes = h->file_bytes};
	struct estimate sum = {0};
	struct layout_sample s;
	uint64_t index = 0, first = 0;

	while (layout_next_sample(&view, &index, &s)) {
		struct layout_cursor cursor = layout_cursor(s.frames);
		double p = s.rate <= 1 ? 1 : -expm1(-(double)s.size / (double)s.rate);

		CHECK(layout_next_pc(&cursor, &first));
		if (first != pc || (size != SIZE_MAX && s.size != (size != 0 ? size : 1))) {
			continue;
		}
		sum.allocs += (double)s.allocs / p;
		sum.inuse += (double)(s.allocs - s.frees) / p;
		sum.variance += (double)s.allocs * (1 - p) / p / p;
		sum.samples += s.allocs;
	}
	return sum;
}

/* Is @truth within what chance allows, for blocks of chance @p each? */
static void agrees(const char *what, double got, double truth, double p)
{
	double sigma = sqrt(truth * (1 - p) / p);
	double few =
		(1 - p) * 10 / p; /* ten samples: where there are hardly any, they are no bell */

	if (fabs(got - truth) > SIGMAS * sigma + few + 1e-9 * truth + 1e-6) {
		fprintf(stderr, "%s: estimated %.1f, true %.0f: off by %.1f sigma\n", what, got,
			truth, (got - truth) / sigma);
		_exit(1);
	}
}

static double chance(size_t size, uint64_t rate)
{
	return rate <= 1 ? 1 : -expm1(-(double)(size != 0 ? size : 1) / (double)rate);
}

/* --- cases --------------------------------------------------------------------------------------
 */

static void sizes(void *argument)
{
	const uint64_t rate = *(const uint64_t *)argument;
	const size_t all[] = {0, 1, 16, 100, 1000, 20000, rate * 3, rate * 40, 7};
	enum { SIZES = sizeof(all) / sizeof(all[0]), BLOCKS = 2000000 / LESS };
	double truth[SIZES] = {0}, inuse[SIZES] = {0};
	uint64_t state = seed + 5;
	char text[32], what[80];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)rate);
	begin(text, "32m");
	for (int i = 0; i < BLOCKS; i++) {
		uint64_t r = poisson_next(&state);
		size_t which = r % (i % 1000 == 0 ? SIZES : SIZES - 4); /* few large ones */
		void *p = allocate(0x401000, all[which]);

		truth[which]++;
		if ((r >> 32) % 4 != 0) {
			release(p);
		} else {
			inuse[which]++;
		}
	}
	for (size_t i = 0; i < SIZES; i++) {
		struct estimate e = estimate(0x401000, all[i]);

		if (all[i] == 1) {
			continue; /* in one entry with malloc(0) */
		}
		if (all[i] == 0) {
			truth[i] += truth[1];
			inuse[i] += inuse[1];
		}
		snprintf(what, sizeof(what), "size %zu at rate %s", all[i], text);
		agrees(what, e.allocs, truth[i], chance(all[i], rate));
		agrees(what, e.inuse, inuse[i], chance(all[i], rate));
	}
	CHECK(state_look()->counts.lost_samples == 0 && state_look()->counts.lost_live == 0);
	state_finish(true);
}

static void rate_one(void *unused)
{
	const size_t all[] = {0, 1, 2, 16, 100, 4096, 1 << 20, SIZE_MAX / 4};
	enum { SIZES = sizeof(all) / sizeof(all[0]), BLOCKS = 30000 / LESS };
	double allocs[SIZES] = {0}, inuse[SIZES] = {0};
	uint64_t state = seed + 6;

	(void)unused;
	begin("1", "16m");
	for (int i = 0; i < BLOCKS; i++) {
		uint64_t r = poisson_next(&state);
		void *p = allocate(0x401000 + r % SIZES, all[r % SIZES]);

		allocs[r % SIZES]++;
		if ((r >> 32) % 2 == 0) {
			release(p);
		} else {
			inuse[r % SIZES]++;
		}
		charge(0x666, NULL, 100); /* one that fails */
	}
	for (size_t i = 0; i < SIZES; i++) {
		struct estimate e = estimate(0x401000 + i, all[i]);

		CHECK(e.allocs == allocs[i] && e.inuse == inuse[i]);
	}
	CHECK(estimate(0x666, SIZE_MAX).samples == 0);
	CHECK(state_look()->counts.lost_samples == 0);
	state_finish(true);
}

/* Half of the blocks at one rate, half at the other, several times. */
static void change_of_rate(void *unused)
{
	enum { CHANGES = 20, BLOCKS = 40000 / LESS };

	(void)unused;
	begin("2000", "16m");
	CHECK(sampler_set_rate(0) == -EINVAL);
	CHECK(sampler_set_rate((1ull << 40) + 1) == -EINVAL);
	for (int change = 0; change < CHANGES; change++) {
		CHECK(sampler_set_rate(change % 2 == 0 ? 2000 : 50000) == 0);
		for (int i = 0; i < BLOCKS; i++) {
			allocate(0x401000, 100);
			allocate(0x402000, 5000);
		}
	}
	CHECK(state_look()->epoch == CHANGES - 1); /* the first one changed nothing */
	struct estimate small = estimate(0x401000, 100), large = estimate(0x402000, 5000);

	CHECK(fabs(small.allocs - CHANGES * BLOCKS) < SIGMAS * sqrt(small.variance) + 10 * 500);
	CHECK(fabs(large.allocs - CHANGES * BLOCKS) < SIGMAS * sqrt(large.variance));
	for (int i = 0; i < 100; i++) {
		int failed = sampler_set_rate(1000 + (unsigned)i);

		CHECK(failed == 0 || failed == -ENOSPC);
	}
	CHECK(state_look()->epoch == LAYOUT_EPOCHS - 1);
	CHECK(sampler_set_rate(77) == -ENOSPC);
	state_finish(true);
}

/* Short spells between pauses: a sample that falls into a pause must not come after it instead. */
static void pauses(void *unused)
{
	enum { ROUNDS = 20000 / LESS, EACH = 10 };

	(void)unused;
	begin("20000", "16m");
	for (int round = 0; round < ROUNDS; round++) {
		sampler_pause();
		for (int i = 0; i < 100; i++) {
			allocate(0x666, 1000);
		}
		sampler_resume();
		for (int i = 0; i < EACH; i++) {
			allocate(0x401000, 50);
		}
	}
	CHECK(estimate(0x666, SIZE_MAX).samples == 0);
	agrees("after pauses", estimate(0x401000, 50).allocs, ROUNDS * EACH, chance(50, 20000));
	state_finish(true);
}

/* A host that asks for what it does not get, again and again. */
static void failures(void *unused)
{
	enum { ROUNDS = 300000 / LESS };

	(void)unused;
	begin("20000", "16m");
	for (int round = 0; round < ROUNDS; round++) {
		charge(0x666, NULL, 3000);
		allocate(0x401000, 50);
	}
	CHECK(estimate(0x666, SIZE_MAX).samples == 0);
	agrees("beside failures", estimate(0x401000, 50).allocs, ROUNDS, chance(50, 20000));
	state_finish(true);
}

/* A handler interrupts a sample and allocates: what it is due is lost and counted, not passed on.
 */
static void interrupted(void *unused)
{
	enum { ROUNDS = 300000 / LESS };
	struct thread *t = thread_self();

	(void)unused;
	begin("20000", "16m");
	t->stack_lo = 4096;
	t->stack_hi = UINTPTR_MAX;
	allocate(0x666, 1 << 20);
	for (int round = 0; round < ROUNDS; round++) {
		t->busy = UINTPTR_MAX - 1; /* a frame above ours */
		charge(0x666, (void *)16, 3000);
		t->busy = 0;
		allocate(0x401000, 50);
	}
	agrees("beside a handler", estimate(0x401000, 50).allocs, ROUNDS, chance(50, 20000));
	agrees("in a handler", (double)state_look()->counts.lost_samples / chance(3001, 20000),
	       ROUNDS, chance(3001, 20000));
	state_finish(true);
}

static uint64_t lost_of(int rounds)
{
	uint64_t before = state_look()->counts.lost_samples;

	for (int round = 0; round < rounds; round++) {
		allocate(0x401000, 50);
	}
	return state_look()->counts.lost_samples - before;
}

/* A sample was left for good, by a jump that nobody can see: later ones are taken again. */
static void left(void *unused)
{
	struct thread *t = thread_self();
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	(void)unused;
	begin("1", "16m");
	allocate(0x401000, 50);
	t->stack_lo = here - (1 << 16);
	t->stack_hi = here + (1 << 16);
	t->busy = here - (1 << 15); /* on our stack, and below us */
	CHECK(lost_of(100) == 0 && t->busy == 0);
	t->busy = here + (1 << 12); /* above */
	CHECK(lost_of(100) == 100);
	t->busy = 4096; /* on a coroutine's, while we are on the thread's */
	CHECK(lost_of(100) == 0 && t->busy == 0);
	t->alt_lo = here - (1 << 12); /* we are a handler, on a signal stack that lies there */
	t->alt_hi = here + 4096;
	t->busy = here + (1 << 13);
	CHECK(lost_of(60) == 60);
	t->alt_lo = t->alt_hi = t->stack_lo = t->stack_hi = 0; /* we are on a coroutine's */
	t->busy = 4096;
	CHECK(lost_of(200) == 64 && t->busy == 0);
	CHECK(lost_of(200) == 0);
	/* Each leaves its buffer, and some must be there for other threads. */
	for (int i = 0; i < 8; i++) {
		CHECK(scratch_take() != NULL);
		t->busy = 8192 + 4096 * (uintptr_t)i;
		CHECK(lost_of(200) == 64 && t->busy == 0);
	}
	CHECK(scratch_take() != NULL);
	t->busy = 12;
	CHECK(lost_of(200) == 200 && t->busy == 12);
	t->busy = 0;
	CHECK(lost_of(10) == 0);
	state_finish(true);
}

/* Samples that come before there is a state are counted once there is one. */
static void too_early(void *unused)
{
	(void)unused;
	begin("1", "16m");
	not_ready = true;
	CHECK(sampler_set_rate(5) == -EAGAIN);
	for (int i = 0; i < 10; i++) {
		release(allocate(0x401000, 10));
	}
	not_ready = false;
	allocate(0x401000, 10);
	CHECK(state_look()->counts.lost_samples == 10);
	CHECK(estimate(0x401000, 10).samples == 1);
	state_finish(true);
}

/* Freed by code that we do not see, and given out again; moved, or not, by realloc. */
static void replaced_and_put_back(void *unused)
{
	uint32_t entry;

	(void)unused;
	begin("1", "16m");
	void *p = allocate(0x401000, 10);

	charge(0x402000, p, 20);
	CHECK(state_look()->counts.replaced == 1);
	CHECK(estimate(0x401000, 10).inuse == 0 && estimate(0x402000, 20).inuse == 1);
	CHECK(sampler_take(p, &entry));
	sampler_put_back(p, entry);
	CHECK(estimate(0x402000, 20).inuse == 1);
	release(p);
	CHECK(estimate(0x402000, 20).inuse == 0 && estimate(0x402000, 20).allocs == 1);
	CHECK(!sampler_take(p, &entry));
	state_finish(true);
}

/* --- failures: failure.h ------------------------------------------------------------------------
 */

static void *take_buffer(void *taken)
{
	atomic_store_release((uint32_t *)taken, scratch_take() != NULL ? 1 : 2);
	for (;;) {
		(void)pause();
	}
	return NULL;
}

/* Threads that do not end take them all. */
static void take_buffers(void)
{
	pthread_t id;
	uint32_t taken;

	do {
		taken = 0;
		CHECK(pthread_create(&id, NULL, take_buffer, &taken) == 0);
		while (atomic_load_acquire(&taken) == 0) {
			(void)sched_yield();
		}
	} while (taken == 1);
}

static int clock_of_test(clockid_t clock, struct timespec *now)
{
	(void)clock;
	*now = (struct timespec){.tv_sec = 1000 + second};
	return 0;
}

/* All buffers went with a thread that did not come back: losses, and then the end. */
static void no_buffers(void *unused)
{
	(void)unused;
	begin("1", "16m");
	real.clock_gettime = clock_of_test;
	void *before = allocate(0x401000, 10);

	take_buffers();
	for (int i = 0; i < 1000; i++) {
		allocate(0x402000, 10);
	}
	CHECK(state_look()->off == LAYOUT_OFF_NOT && state_look()->counts.lost_samples == 1000);
	second += 11;
	allocate(0x402000, 10);
	CHECK(state_look()->off == LAYOUT_OFF_SCRATCH);
	CHECK(state_look()->counts.failures == 1001 && state_look()->counts.lost_samples == 1001);
	allocate(0x402000, 10);
	allocate(0x402000, 10);
	CHECK(state_look()->counts.lost_samples == 1001); /* nothing is due any more */
	CHECK(thread_self()->countdown > THREAD_FAR / 2);
	CHECK(sampler_set_rate(1) == -EPERM);
	release(before); /* frees are still counted */
	CHECK(estimate(0x401000, 10).inuse == 0 && estimate(0x401000, 10).allocs == 1);
	state_finish(true);
}

/* No walk finds a caller: what was counted stays, and it ends when that goes on for long. */
static void no_callers(void *unused)
{
	(void)unused;
	begin("1", "16m");
	real.clock_gettime = clock_of_test;
	blind = true;
	for (int i = 0; i < 10000; i++) {
		allocate(0x401000, 10);
	}
	CHECK(state_look()->off == LAYOUT_OFF_NOT && state_look()->counts.failures == 10000 / 64);
	second += 11;
	blind = false;
	allocate(0x402000, 10);
	blind = true;
	for (int i = 0; i < 64 * 63; i++) {
		allocate(0x401000, 10);
	}
	CHECK(state_look()->off == LAYOUT_OFF_NOT);
	second += 11;
	for (int i = 0; i < 100; i++) {
		allocate(0x401000, 10);
	}
	CHECK(state_look()->off == LAYOUT_OFF_UNWIND);
	CHECK(estimate(0x402000, 10).allocs == 1 && estimate(0x401000, 10).allocs >= 10000);
	state_finish(true);
}

static void off_in_child(void *unused)
{
	(void)unused;
	allocate(0x401000, 10);
	CHECK(state_look() == NULL && failure_off() == LAYOUT_OFF_TABLE);
}

/* Somebody has written into what we map. */
static void damage(void *argument)
{
	void (*write_into)(struct layout_header *) = *(void (**)(struct layout_header *))argument;

	begin("1", "16m");
	void *p = allocate(0x401000, 10);
	struct layout_header *h = state_look(), whole = *h;

	write_into(h);
	allocate(0x401000, 10);
	release(p);
	allocate(0x401000, 10);
	release(p);
	CHECK(h->off == LAYOUT_OFF_TABLE && h->counts.failures >= 1);
	h->magic = whole.magic;
	h->epoch = whole.epoch;
	CHECK(apart(off_in_child, NULL) == 0);
	state_finish(true);
}

static void into_magic(struct layout_header *h)
{
	h->magic = 0x4141414141414141;
}

static void into_epoch(struct layout_header *h)
{
	h->epoch = 0x41414141;
}

static void into_slots(struct layout_header *h)
{
	uint64_t *slots = state_at(h, LAYOUT_LIVE, 0);

	for (uint64_t i = 0; i < h->windows[LAYOUT_LIVE].used / sizeof(*slots); i++) {
		slots[i] |= slots[i] != 0 ? LAYOUT_LIVE_SECOND - 1 : 0;
	}
}

static void damages(void **unused)
{
	void (*all[])(struct layout_header *) = {into_magic, into_epoch, into_slots};

	(void)unused;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_int_equal(apart(damage, &all[i]), 0);
	}
}

/* Many stacks in little memory, until it is used up: the rate goes up. */
static void fill(void *unused)
{
	struct layout_header *h;

	(void)unused;
	CHECK(sampler_set_rate(100) == 0);
	for (uintptr_t i = 0; i < 200000; i++) {
		release(allocate(0x401000 + i, 500));
	}
	h = state_look();
	CHECK(h->pid == (uint32_t)getpid());
	CHECK(h->reserved <= h->budget);
	CHECK(state_pressure(h) >= 6);
	CHECK(h->rates[h->epoch] >= 4096);
	state_finish(true);
}

/* A child has a whole budget again, and gives way when that is used up. */
static void tight_budget(void *unused)
{
	(void)unused;
	begin("1", "1m");
	fill(NULL);
	CHECK(apart(fill, NULL) == 0);
}

static void child_frees(void *p)
{
	uint32_t entry;

	CHECK(!sampler_take(p, &entry)); /* the parent's sample */
	release(p);
	void *mine = allocate(0x402000, 20);

	CHECK(estimate(0x401000, 10).samples == 0 && estimate(0x402000, 20).inuse == 1);
	release(mine);
	CHECK(estimate(0x402000, 20).inuse == 0);
	state_finish(true);
}

static void forked(void *unused)
{
	(void)unused;
	begin("1", "16m");
	void *p = allocate(0x401000, 10);

	CHECK(apart(child_frees, p) == 0);
	CHECK(estimate(0x401000, 10).inuse == 1 && estimate(0x402000, 20).samples == 0);
	release(p);
	CHECK(estimate(0x401000, 10).inuse == 0);
	state_finish(true);
}

/* --- threads ------------------------------------------------------------------------------------
 */

enum { THREADS = 4, TURNS = 200000 / LESS };

/* Half of the blocks stay. Addresses of its own, as an allocator would give. */
static void *host_thread(void *argument)
{
	uintptr_t n = (uintptr_t)argument, base = 0x100000000u * (n + 1);
	void *before = NULL;

	for (uintptr_t i = 0; i < TURNS; i++) {
		void *p = (void *)(base + i * 64);

		charge(0x401000 + i % 3, p, 100);
		if (i % 2 == 1) {
			release(before);
		}
		before = p;
		if (n == 0 && i % (TURNS / 10) == 1) {
			(void)sampler_set_rate(i % 4 == 1 ? 3000 : 1000);
		}
	}
	return NULL;
}

static void threads(void *unused)
{
	pthread_t ids[THREADS];

	(void)unused;
	begin("1000", "32m");
	allocate(0x666, 1 << 20); /* there is a state now */
	for (uintptr_t t = 0; t < THREADS; t++) {
		CHECK(pthread_create(&ids[t], NULL, host_thread, (void *)t) == 0);
	}
	for (uintptr_t t = 0; t < THREADS; t++) {
		CHECK(pthread_join(ids[t], NULL) == 0);
	}
	double allocs = 0, inuse = 0, variance = 0;

	for (uintptr_t pc = 0x401000; pc < 0x401003; pc++) {
		struct estimate e = estimate(pc, 100);

		allocs += e.allocs;
		inuse += e.inuse;
		variance += e.variance;
	}
	CHECK(fabs(allocs - THREADS * TURNS) < SIGMAS * sqrt(variance) + 300);
	CHECK(fabs(inuse - THREADS * TURNS / 2) < SIGMAS * sqrt(variance) + 300);
	CHECK(state_look()->counts.lost_samples == 0);
	state_finish(true);
}

/* No two threads draw the same numbers, at whatever distance. */
enum { DRAWERS = 4, DRAWN = 300 };

static void *draws(void *argument)
{
	uint64_t *to = argument;

	charge(0x401000, (void *)0x10000, 0); /* seeds the generator */
	uint64_t state = thread_self()->random;

	for (int i = 0; i < DRAWN; i++) {
		to[i] = poisson_next(&state);
	}
	return NULL;
}

static void own_numbers(void *unused)
{
	static uint64_t drawn[DRAWERS * DRAWN];
	pthread_t id;

	(void)unused;
	begin("1000000", "32m");
	for (int t = 0; t < DRAWERS; t++) {
		CHECK(pthread_create(&id, NULL, draws, drawn + t * DRAWN) == 0);
		CHECK(pthread_join(id, NULL) == 0);
	}
	for (int a = 0; a < DRAWERS * DRAWN; a++) {
		for (int b = 0; b < a; b++) {
			CHECK(drawn[a] != drawn[b]);
		}
	}
	if (state_look() != NULL) {
		state_finish(true);
	}
}

static void each_rate(void **unused)
{
	uint64_t rates[] = {2, 1000, 4096, 100000};

	(void)unused;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		assert_int_equal(apart(sizes, &rates[i]), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rate),
		{"rate one", shm_apart_test, NULL, NULL, (void *)rate_one},
		{"change of rate", shm_apart_test, NULL, NULL, (void *)change_of_rate},
		{"pauses", shm_apart_test, NULL, NULL, (void *)pauses},
		{"failures", shm_apart_test, NULL, NULL, (void *)failures},
		{"interrupted", shm_apart_test, NULL, NULL, (void *)interrupted},
		{"left", shm_apart_test, NULL, NULL, (void *)left},
		{"too early", shm_apart_test, NULL, NULL, (void *)too_early},
		{"replaced and put back", shm_apart_test, NULL, NULL,
		 (void *)replaced_and_put_back},
		{"no buffers", shm_apart_test, NULL, NULL, (void *)no_buffers},
		{"no callers", shm_apart_test, NULL, NULL, (void *)no_callers},
		cmocka_unit_test(damages),
		{"tight budget", shm_apart_test, NULL, NULL, (void *)tight_budget},
		{"forked", shm_apart_test, NULL, NULL, (void *)forked},
		{"threads", shm_apart_test, NULL, NULL, (void *)threads},
		{"own numbers", shm_apart_test, NULL, NULL, (void *)own_numbers},
	};

	seed = seed_of_run();
	return cmocka_run_group_tests(tests, shm_setup, shm_teardown);
}
