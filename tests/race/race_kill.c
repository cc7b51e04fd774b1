/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/stacks.o lib/index.o lib/live.o lib/filter.o lib/state.o lib/place.o lib/dump.o */
/* objects: lib/program.o */
/* objects: lib/heap_v2.o lib/config.o lib/fmt.o lib/say.o lib/poisson.o tests/unit/fake_sys.o */
/* objects: lib/failure.o tests/unit/fake_real.o */
/*
 * Proves: a process that is killed at any moment leaves a true profile: its file, read as the
 * keeper and the tools read it, says what was done, give or take the one block that each thread was
 * at. Files of the killed do not pile up. Fails when: a record can be seen before it is whole, or
 * two stores change places.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#include "dump.h"
#include "place.h"
#include "work.h"

#define RUNS (500 / LESS) /* or $RUNS */

struct job {
	struct layout_header *header;
	struct work *work;
	uint64_t seed;
	uint32_t thread;
};

static void *run_thread(void *argument)
{
	const struct job *job = argument;

	work_random(job->header, &job->work->logs[job->thread], job->thread, job->seed, UINT64_MAX);
	return NULL;
}

static __attribute__((noreturn)) void worker(struct work *work, uint64_t seed)
{
	static struct job jobs[WORK_THREADS];
	uint32_t threads = 1 + seed % 3;

	shm_config(seed % 5 == 0 ? "1m" : "8m", "512k");
	CHECK(state_make());
	for (uint32_t t = threads; t-- > 0;) {
		pthread_t id;

		jobs[t] = (struct job){
			.header = state_enter(), .work = work, .seed = seed + t, .thread = t};
		if (t > 0) {
			CHECK(pthread_create(&id, NULL, run_thread, &jobs[t]) == 0);
		}
	}
	run_thread(&jobs[0]);
	_exit(2);
}

/* Wait until the first thread has done @steps, but no longer than it takes anyway. */
static void wait_for(const struct work *work, uint64_t steps)
{
	struct timespec from, now;

	clock_gettime(CLOCK_MONOTONIC, &from);
	do {
		sched_yield();
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (__atomic_load_n(&work->logs[0].steps, __ATOMIC_RELAXED) < steps &&
		 now.tv_sec - from.tv_sec < 5);
}

static bool file_holds(pid_t pid, const struct work *work, uint64_t steps, uint64_t *read)
{
	char path[64];
	void *file;
	uint64_t bytes = 0;
	struct layout_view view;

	if (!work_map(pid, &file, &bytes)) {
		MUST(steps == 0); /* killed before it had one */
		return true;
	}
	const char *problem = layout_open(&view, file, bytes);
	bool holds = problem == NULL ? work_holds(&view, work) : steps == 0;

	if (problem == NULL) {
		++*read;
		snprintf(path, sizeof(path), "%s/dump", shm_root);
		holds = holds && (*read % 50 != 0 || dump_to(&view, "keeper", path) == 0);
	}
	munmap(file, bytes);
	return holds;
}

/* One worker, killed after a random number of steps. */
static bool kill_one(uint64_t *state, uint64_t *read)
{
	uint64_t seed = poisson_next(state), r = poisson_next(state);
	uint64_t steps = r % 4 == 0 ? 0 : (r >> 8) % (1ull << (r >> 4) % 13);
	struct work *work = work_new();
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		worker(work, seed);
	}
	MUST(pid > 0);
	wait_for(work, steps);
	for (uint64_t spin = 0; spin < (r >> 32) % 20000; spin++) { /* anywhere within a step */
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
	}
	kill(pid, SIGKILL);
	MUST(waitpid(pid, &status, 0) == pid);
	MUST(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	MUST(file_holds(pid, work, work->logs[0].steps, read));
	MUST(shm_files(NULL) <= PLACE_KEEP + 1);
	munmap(work, sizeof(*work));
	return true;
}

int main(void)
{
	uint64_t state = seed_of_run(), read = 0;
	const char *given = getenv("RUNS");
	int failed = 0, run, runs = given != NULL ? atoi(given) : RUNS;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (shm_setup(NULL) != 0) {
		puts("no /dev/shm here");
		return 77;
	}
	for (run = 0; run < runs && failed == 0; run++) {
		if (!kill_one(&state, &read)) {
			printf("in run %d\n", run);
			failed = 1;
		}
	}
	printf("%d killed, %llu files read\n", run, (unsigned long long)read);
	shm_remove();
	return failed || read < (uint64_t)run / 2;
}
