/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/stacks.o lib/index.o lib/live.o lib/filter.o lib/state.o lib/place.o */
/* objects: lib/program.o */
/* objects: lib/config.o lib/fmt.o lib/say.o lib/poisson.o tests/unit/fake_sys.o */
/* objects: lib/failure.o tests/unit/fake_real.o */
/*
 * Proves: there is no instruction after which a process could be killed and leave an untrue
 * profile. A worker is stepped through the making of its file, and through every sample and free
 * that makes a table grow or is the first of its kind; after each step its file is checked. Fails
 * when: any KILLED comment in lib does not hold.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>

#include "work.h"

#define OPERATIONS 900u
#define TURN	   SIGUSR1 /* the worker asks to be stepped, or no longer */

struct plan {
	bool step[OPERATIONS]; /* something new happens in this operation */
	unsigned count;
};

/* Operation @i: four of five are a new stack, the fifth frees a block. */
static void operate(struct layout_header *h, struct work_log *log, uint32_t i)
{
	if (i % 5 == 4) {
		work_free(h, log, 0, i - 2);
	} else if (i % 20 == 11) {
		CHECK(work_alloc(h, log, 0, i, i - 11)); /* a stack that is known */
	} else if (i % 50 == 33) {
		CHECK(work_alloc(h, log, 0, i, 7)); /* one that becomes hot, and gets shards */
	} else {
		CHECK(work_alloc(h, log, 0, i, i));
	}
}

static uint64_t shape_of(const struct layout_header *h)
{
	uint64_t shape = h->reserved + h->live_newest;

	return shape * 31 + h->entries_index.where * 7 + h->frames_index.where;
}

/* What is to be stepped through: done once, at full speed. */
static void rehearse(void *argument)
{
	struct plan *plan = argument;
	struct work *work = work_new();
	unsigned shards = 0;

	shm_config("1m", "512k");
	CHECK(state_make());
	struct layout_header *h = state_enter();

	for (uint32_t i = 0; i < OPERATIONS; i++) {
		uint64_t before = shape_of(h), used = h->windows[LAYOUT_ENTRIES].used;

		operate(h, &work->logs[0], i);
		bool sharded = i % 50 == 33 && h->windows[LAYOUT_ENTRIES].used != used;

		plan->step[i] = i < 5 || i == 11 || i == 100 || i == 104 || sharded ||
				shape_of(h) != before;
		plan->count += plan->step[i];
		shards += sharded;
	}
	CHECK(shards > 0);
	state_finish(true);
}

static __attribute__((noreturn)) void worker(const struct plan *plan, struct work *work)
{
	bool stepped = true;

	CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
	shm_config("1m", "512k");
	raise(TURN);
	CHECK(state_make());
	struct layout_header *h = state_enter();

	for (uint32_t i = 0; i < OPERATIONS; i++) {
		if (plan->step[i] != stepped) {
			raise(TURN);
			stepped = plan->step[i];
		}
		operate(h, &work->logs[0], i);
	}
	state_finish(true);
	_exit(0);
}

struct watch {
	pid_t pid;
	const struct work *work;
	void *file;
	uint64_t bytes;
	uint64_t steps, looked;
};

/* The file as it is now, if there is one and it says that it is one. */
static bool look(struct watch *w)
{
	struct layout_view view;

	if (w->file == MAP_FAILED &&
	    (w->steps % 8 != 0 || !work_map(w->pid, &w->file, &w->bytes))) {
		return true;
	}
	if (layout_open(&view, w->file, w->bytes) != NULL) {
		MUST(w->looked == 0);
		return true;
	}
	w->looked++;
	return work_holds(&view, w->work);
}

/* Follow the worker to its end. */
static bool follow(struct watch *w)
{
	bool stepping = false;
	int status;

	for (;;) {
		MUST(waitpid(w->pid, &status, 0) == w->pid);
		if (!WIFSTOPPED(status)) {
			MUST(WIFEXITED(status) && WEXITSTATUS(status) == 0);
			return true;
		}
		if (WSTOPSIG(status) == TURN) {
			stepping = !stepping;
		} else {
			MUST(WSTOPSIG(status) == SIGTRAP);
			w->steps++;
			MUST(look(w));
		}
		MUST(ptrace(stepping ? PTRACE_SINGLESTEP : PTRACE_CONT, w->pid, NULL, NULL) == 0);
	}
}

static bool may_trace(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

int main(void)
{
	struct plan *plan = mmap(NULL, sizeof(*plan), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct watch w = {.work = work_new(), .file = MAP_FAILED};

	setvbuf(stdout, NULL, _IOLBF, 0);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	puts("stepped without a sanitizer only: its own instructions are not what is asked about");
	return 77;
#endif
	if (!may_trace() || shm_setup(NULL) != 0) {
		puts("no ptrace or no /dev/shm here");
		return 77;
	}
	int failed = apart(rehearse, plan) != 0;

	w.pid = fork();
	if (w.pid == 0) {
		worker(plan, (struct work *)(uintptr_t)w.work);
	}
	failed |= !follow(&w);
	printf("%u operations, %llu instructions, %llu looks\n", plan->count,
	       (unsigned long long)w.steps, (unsigned long long)w.looked);
	kill(w.pid, SIGKILL);
	failed |= shm_files(NULL) != 0 && !failed;
	shm_remove();
	return failed || w.looked < 10000;
}
