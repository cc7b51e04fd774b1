/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/stacks.o lib/index.o lib/live.o lib/filter.o lib/state.o lib/place.o */
/* objects: lib/program.o */
/* objects: lib/config.o lib/fmt.o lib/say.o lib/poisson.o tests/unit/fake_sys.o */
/* objects: lib/failure.o tests/unit/fake_real.o */
/*
 * Proves: threads that allocate and free at once, while the tables grow under them and a reader
 * walks them, lose nothing and see nothing that is half written; ThreadSanitizer finds no race.
 * At the end the tables hold what was put in, to the last block; also where the budget is used up.
 * Fails when: an acquire or a release is missing, or two threads take one record.
 */
#include <pthread.h>
#include <stdlib.h>

#include "filter.h"
#include "work.h"

#define STEPS 60000u

struct job {
	struct layout_header *header;
	struct work *work;
	uint64_t seed;
	uint32_t thread;
};

static uint32_t writers; /* how many are still at it */

static void *write_tables(void *argument)
{
	const struct job *job = argument;

	work_random(job->header, &job->work->logs[job->thread], job->thread, job->seed,
		    STEPS / (LESS > 1 ? 4 : 1));
	__atomic_sub_fetch(&writers, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* What a dump does, over and over: each sample that can be seen is one that was meant. */
static void *read_tables(void *argument)
{
	const struct job *job = argument;
	struct layout_view view = {.header = job->header, .bytes = job->header->file_bytes};
	uint64_t walks = 0;

	while (__atomic_load_n(&writers, __ATOMIC_ACQUIRE) != 0 || walks == 0) {
		struct layout_sample s;
		uint64_t index = 0;
		uint32_t thread, key;

		while (layout_next_sample(&view, &index, &s)) {
			CHECK(work_meaning(s.frames, s.size, &thread, &key));
			CHECK(s.frees <= s.allocs);
		}
		walks++;
	}
	return NULL;
}

static void work_together(bool starved, uint64_t seed, uint64_t *allocs)
{
	struct work *work = work_new();
	struct job jobs[WORK_THREADS + 1];
	pthread_t ids[WORK_THREADS + 1];

	shm_config(starved ? "1m" : "8m", "512k");
	CHECK(state_make());
	struct layout_header *h = state_enter();
	struct layout_view view = {.header = h, .bytes = h->file_bytes};

	if (starved) {
		/* After the first pages no memory: what does not fit is refused, the rest is right.
		 */
		CHECK(work_alloc(h, &work->logs[0], 0, 0, 0));
		fake_sys_fail(1u << FAKE_MPROTECT, 6, 12);
		fake_sys()->fail_on = true;
	}
	writers = WORK_THREADS;
	for (uint32_t t = 0; t <= WORK_THREADS; t++) {
		jobs[t] = (struct job){.header = h, .work = work, .seed = seed + t, .thread = t};
		CHECK(pthread_create(&ids[t], NULL, t < WORK_THREADS ? write_tables : read_tables,
				     &jobs[t]) == 0);
	}
	for (uint32_t t = 0; t <= WORK_THREADS; t++) {
		CHECK(pthread_join(ids[t], NULL) == 0);
	}
	CHECK(work_holds(&view, work));
	for (uint32_t t = 0; t < WORK_THREADS; t++) {
		for (uint32_t slot = 0; slot < WORK_SLOTS; slot++) {
			if (work->logs[t].there[slot]) {
				CHECK(filter_may_hold((void *)work_addr(t, slot)));
				work_free(h, &work->logs[t], t, slot);
			}
		}
		for (uint32_t key = 0; key < WORK_KEYS; key++) {
			*allocs += work->logs[t].done_allocs[key];
		}
	}
	CHECK(work_holds(&view, work));
	for (uint32_t i = 1; i < FILTER_SLOTS; i++) {
		CHECK(filter_counts[i] == 0);
	}
	state_finish(true);
}

static void with_room(void *seed)
{
	uint64_t allocs = 0;

	work_together(false, *(uint64_t *)seed, &allocs);
	CHECK(allocs > STEPS / (LESS > 1 ? 4 : 1) * WORK_THREADS / 3);
}

static void without_room(void *seed)
{
	uint64_t allocs = 0;

	work_together(true, *(uint64_t *)seed, &allocs);
	CHECK(allocs > 100);
}

int main(void)
{
	uint64_t seed = seed_of_run();
	int failed = 0;

	if (shm_setup(NULL) != 0) {
		puts("no /dev/shm here");
		return 77;
	}
	for (int i = 0; i < 3; i++, seed += 100) {
		failed |= apart(with_room, &seed);
		failed |= apart(without_room, &seed);
	}
	failed |= shm_files(NULL) != 0;
	shm_remove();
	puts(failed ? "0 passed, 1 failed" : "1 passed, 0 failed");
	return failed != 0;
}
