/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/stacks.o lib/index.o lib/live.o lib/filter.o lib/state.o lib/place.o */
/* objects: lib/program.o */
/* objects: lib/config.o lib/fmt.o lib/say.o lib/poisson.o */
/* objects: tests/unit/fake_sys.o */
/* objects: lib/failure.o tests/unit/fake_real.o */
/*
 * Proves: a handler may interrupt the tables after any instruction and use them itself: nobody
 * waits for the one that was interrupted, nothing is lost, and what a dump would read is true.
 * The processor's trap flag raises SIGTRAP after each instruction of every step that makes a table
 * grow, and of some that do not; the handler allocates, frees and reads.
 * Fails when: a table needs a lock, or keeps something half done between two instructions.
 */
#include <signal.h>
#include <stdlib.h>

#include "work.h"

#define OPERATIONS 900u

static struct {
	struct layout_header *header;
	struct work *work;
	uint64_t seed;
	uint64_t traps;
} self;

/* The interrupted code is thread 0 of the log, the handler thread 1. It has few keys of its own, so
 * that the tables grow under the interrupted one. */
static void handler(int signal)
{
	struct work_log *log = &self.work->logs[1];
	uint64_t r = poisson_next(&self.seed);
	struct layout_view view = {.header = self.header, .bytes = self.header->file_bytes};

	(void)signal;
	if (log->there[r % 64]) {
		work_free(self.header, log, 1, r % 64);
	} else {
		(void)work_alloc(self.header, log, 1, r % 64, (r >> 8) % 16);
	}
	if (++self.traps % 16 == 0) {
		CHECK(work_holds(&view, self.work));
	}
}

#ifdef __x86_64__

/* The trap flag is bit 8 of the flags; the red zone below the stack pointer is left alone. */
static inline void trap(bool on)
{
	if (on) {
		__asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; orq $0x100, (%%rsp); popfq;"
				 "lea 128(%%rsp), %%rsp" ::
					 : "memory", "cc");
	} else {
		__asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; andq $~0x100, (%%rsp); popfq;"
				 "lea 128(%%rsp), %%rsp" ::
					 : "memory", "cc");
	}
}

#else

static inline void trap(bool on)
{
	(void)on;
}

#endif

static uint64_t shape_of(const struct layout_header *h)
{
	return (h->live_newest * 31 + h->entries_index.where) * 31 + h->frames_index.where;
}

/* The next new record makes the index grow. */
static bool is_full(const struct layout_index *index)
{
	uint64_t slots = index->where == 0 ? 0 : 1ull << (index->where & 0xff);

	return index->count + 1 > slots / 4 * 3;
}

/* Operation @i: four of five are a block of a new stack, the fifth frees one. */
static void operate(struct layout_header *h, struct work_log *log, uint32_t i)
{
	if (i % 5 == 4) {
		work_free(h, log, 0, i - 2);
	} else {
		CHECK(work_alloc(h, log, 0, i, i % 20 == 11 ? i - 11 : i));
	}
}

static void run(void *unused)
{
	struct sigaction action = {.sa_handler = handler};
	uint32_t grown = 0;

	(void)unused;
	shm_config("8m", "512k");
	CHECK(state_make());
	struct layout_header *h = self.header = state_enter();

	self.work = work_new();
	CHECK(sigaction(SIGTRAP, &action, NULL) == 0);
	for (uint32_t i = 0; i < OPERATIONS; i++) {
		uint64_t before = shape_of(h);
		bool trapped =
			is_full(&h->entries_index) || is_full(&h->frames_index) || i % 31 < 2;

		trap(trapped);
		operate(h, &self.work->logs[0], i);
		trap(false);
		grown += trapped && shape_of(h) != before;
	}
	struct layout_view view = {.header = self.header, .bytes = self.header->file_bytes};

	CHECK(work_holds(&view, self.work));
	for (uint32_t t = 0; t < 2; t++) {
		for (uint32_t slot = 0; slot < WORK_SLOTS; slot++) {
			if (self.work->logs[t].there[slot]) {
				work_free(self.header, &self.work->logs[t], t, slot);
			}
		}
	}
	CHECK(work_holds(&view, self.work));
	printf("%llu traps, grown %u times\n", (unsigned long long)self.traps, grown);
	fflush(stdout);
	CHECK(self.traps > 10000 && grown >= 2);
	state_finish(true);
}

int main(void)
{
	int failed = 0;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__x86_64__)
	puts("on x86-64 without a sanitizer only: its own instructions are not what is asked "
	     "about");
	return 77;
#endif
	if (shm_setup(NULL) != 0) {
		puts("no /dev/shm here");
		return 77;
	}
	self.seed = seed_of_run();
	failed |= apart(run, NULL) != 0;
	failed |= shm_files(NULL) != 0;
	shm_remove();
	return failed != 0;
}
