/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/state.o lib/place.o lib/stacks.o lib/index.o lib/live.o lib/filter.o */
/* objects: lib/program.o */
/* objects: lib/config.o lib/fmt.o lib/say.o lib/poisson.o tests/unit/fake_sys.o */
/* objects: lib/failure.o tests/unit/fake_real.o */
/*
 * Proves: whichever call fails, there is a state or there is none, never a crash, never a file left
 * behind; a forked child gets its own, at the same place, and the parent's is not touched; the
 * budget holds, and 100,000 blocks of 20,000 stacks of 40 frames take 12 MiB; kernels without
 * MADV_POPULATE_WRITE are served; small limits are kept to. Fails when: memory is touched that was
 * not reserved, or the child reads a mapping that it lost.
 */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "apart.h"
#include "live.h"
#include "poisson.h"
#include "shm.h"
#include "stacks.h"
#include "sys.h"

#define ALL_MEMORY (1u << FAKE_MMAP | 1u << FAKE_MPROTECT | 1u << FAKE_MADVISE)

/* A sample of block @n, as the sampler takes it. Returns whether there was room. */
static bool record(struct layout_header *h, uint32_t n)
{
	uintptr_t pcs[3] = {0x401000 + n, 0x402000, 0x403000};
	struct stacks_key key = {.pcs = pcs, .n = 3, .size = 64};
	uint32_t entry, old;
	bool is_new;

	entry = stacks_intern(h, &key, 0, &is_new);
	if (entry == STACKS_NONE || !live_add(h, 0x10000 + 64 * (uintptr_t)n, entry, &old)) {
		return false;
	}
	stacks_alloc(h, entry);
	return true;
}

static uint64_t allocs(struct layout_header *h)
{
	struct layout_view view = {.header = h, .bytes = h->file_bytes};
	struct layout_sample sample;
	uint64_t index = 0, sum = 0;

	while (layout_next_sample(&view, &index, &sample)) {
		sum += sample.allocs;
	}
	return sum;
}

static void budget_holds(struct layout_header *h)
{
	uint64_t sum = LAYOUT_HEADER_BYTES;

	for (unsigned i = 0; i < LAYOUT_REGIONS; i++) {
		const struct layout_window *w = &h->windows[i];

		CHECK(w->used <= w->reserved && w->reserved <= w->size);
		CHECK(w->offset + w->size <= h->file_bytes);
		sum += w->reserved;
	}
	CHECK(sum == h->reserved && sum <= h->budget);
}

/* The file of this process, as another one would read it. */
static uint64_t allocs_in_file(pid_t pid)
{
	char path[300], name[32];
	uint64_t sum = UINT64_MAX;

	snprintf(path, sizeof(path), "%s/leaktrack-%u", shm_root, (unsigned)geteuid());
	snprintf(name, sizeof(name), "%d.", (int)pid);
	DIR *dir = opendir(path);

	for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
		struct layout_view view;
		struct stat st;

		if (strncmp(e->d_name, name, strlen(name)) != 0) {
			continue;
		}
		int fd = openat(dirfd(dir), e->d_name, O_RDONLY | O_CLOEXEC);

		CHECK(fd >= 0 && fstat(fd, &st) == 0);
		void *file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);

		CHECK(file != MAP_FAILED);
		CHECK(layout_open(&view, file, (uint64_t)st.st_size) == NULL);
		CHECK(view.header->pid == (uint32_t)pid);
		CHECK(view.header->file_bytes == (uint64_t)st.st_size);
		sum = allocs((struct layout_header *)(uintptr_t)view.header);
		munmap(file, (size_t)st.st_size);
		close(fd);
	}
	if (dir != NULL) {
		closedir(dir);
	}
	return sum;
}

static void life(void *unused)
{
	(void)unused;
	shm_config("4m", "1000");
	CHECK(state_enter() == NULL && state_look() == NULL);
	state_finish(true); /* nothing there: nothing happens */
	state_prepare_seal();
	CHECK(state_make() && state_make());
	struct layout_header *h = state_enter();
	char exe[LAYOUT_NAME_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe));

	CHECK(h != NULL && h == state_look());
	CHECK(h->budget == 4 << 20 && h->rates[0] == 1000 && h->epoch == 0);
	CHECK(h->name_bytes == (uint32_t)n && memcmp(h->name, exe, (size_t)n) == 0);
	budget_holds(h);
	for (uint32_t i = 0; i < 1000; i++) {
		CHECK(record(h, i));
	}
	budget_holds(h);
	CHECK(allocs(h) == 1000 && allocs_in_file(getpid()) == 1000);
	CHECK(shm_files(NULL) == 1);
	state_finish(false);
	CHECK(h->finished == 1 && shm_files(NULL) == 1);
	state_finish(true);
	CHECK(shm_files(NULL) == 0);
	CHECK(record(h, 1001)); /* its memory stays: a handler may be there */
}

static void never_beyond_the_budget(void *memory)
{
	unsigned lost = 0, pressure = 0;

	shm_config(memory, "512k");
	CHECK(state_make());
	struct layout_header *h = state_enter();

	for (uint32_t i = 0; lost < 1000; i++) {
		lost += !record(h, i);
		budget_holds(h);
		CHECK(state_pressure(h) >= pressure);
		pressure = state_pressure(h);
	}
	CHECK(h->reserved > h->budget / 8 * 7);
	CHECK(pressure >= 4);
	state_finish(true);
}

static void old_kernel(void *no_fallocate)
{
	fake_sys()->no_populate = true;
	if (no_fallocate != NULL) {
		fake_sys_fail(1u << FAKE_FALLOCATE, 1, EOPNOTSUPP);
		fake_sys()->fail_on = true;
	}
	shm_config("1m", "512k");
	CHECK(state_make());
	struct layout_header *h = state_enter();

	for (uint32_t i = 0; i < 1000; i++) {
		CHECK(record(h, i));
	}
	budget_holds(h);
	/* Where space cannot be promised there is no file, for touching it might be SIGBUS. */
	CHECK(shm_files(NULL) == (no_fallocate == NULL ? 1 : 0));
	state_finish(true);
}

/* Before Linux 4.14 a child could not be told from its parent: no state at all. */
static void older_kernel(void *unused)
{
	(void)unused;
	fake_sys()->no_wipe = true;
	shm_config("1m", "512k");
	CHECK(!state_make());
	CHECK(state_enter() == NULL && shm_files(NULL) == 0);
}

static void small_limits(void *unused)
{
	(void)unused;
	fake_sys()->fsize = 1 << 20;
	fake_sys()->as = 256u << 20;
	shm_config("64m", "512k");
	CHECK(state_make());
	struct layout_header *h = state_enter();

	CHECK(h->budget == 4 << 20);
	CHECK(shm_files(NULL) == 0);
	CHECK(record(h, 1) && allocs(h) == 1);
}

/* Behind a sandbox: what was reserved before serves, then it ends; no call reaches the kernel. */
static void sealed(void *unused)
{
	unsigned n = 0;

	(void)unused;
	shm_config("4m", "512k");
	CHECK(state_make());
	state_prepare_seal();
	struct layout_header *h = state_enter();
	uint64_t reserved = h->reserved;

	sys_seal();
	fake_sys_fail(1u << FAKE_MPROTECT | 1u << FAKE_MADVISE | 1u << FAKE_OPEN, 0, 0);
	while (record(h, n)) {
		n++;
	}
	CHECK(n > 500 && h->reserved == reserved && fake_sys()->calls == 0);
	CHECK(allocs(h) == n);
	budget_holds(h);
	sys_unseal();
	CHECK(record(h, n));
	state_finish(true);
}

/* Block @i of @blocks, of one of 20,000 stacks of 40 frames: most calls stay in a module. */
static bool record_deep(struct layout_header *h, uint32_t i)
{
	uintptr_t pcs[40], at = 0x555555554000u;
	struct stacks_key key = {.pcs = pcs, .n = 40, .size = 64};
	uint64_t state = i % 20000;
	uint32_t entry, old;
	bool is_new;

	for (unsigned f = 0; f < 40; f++) {
		uint64_t r = poisson_next(&state);

		if (r % 8 == 0) {
			at = r % 16 == 0 ? 0x555555554000u
					 : 0x7f0000000000u + (r >> 8 & 3) * (1u << 30);
		}
		pcs[f] = at + (r >> 32) % (8u << 20);
	}
	entry = stacks_intern(h, &key, 0, &is_new);
	if (entry == STACKS_NONE || !live_add(h, 0x600000 + 112 * (uintptr_t)i, entry, &old)) {
		return false;
	}
	stacks_alloc(h, entry);
	return true;
}

static void hundred_thousand(void *unused)
{
	(void)unused;
	shm_config("64m", "1");
	CHECK(state_make());
	struct layout_header *h = state_enter();

	for (uint32_t i = 0; i < 100000; i++) {
		CHECK(record_deep(h, i));
	}
	printf("%llu bytes\n", (unsigned long long)h->reserved);
	CHECK(h->reserved < 12u << 20);
	CHECK(allocs(h) == 100000);
	state_finish(true);
}

static void child(void *unused)
{
	struct layout_header *h = state_enter();
	struct layout_header *parents = state_look();

	(void)unused;
	CHECK(h != NULL && h == parents);
	CHECK(h->pid == (uint32_t)getpid());
	CHECK(allocs(h) == 0 && h->windows[LAYOUT_LIVE].used == 0);
	CHECK(h->rates[0] == 2000); /* the parent's last */
	for (uint32_t i = 0; i < 500; i++) {
		CHECK(record(h, i));
	}
	CHECK(shm_files(NULL) == 2);
	CHECK(allocs_in_file(getpid()) == 500 && allocs_in_file(getppid()) == 1000);
	state_finish(true);
	CHECK(shm_files(NULL) == 1);
}

/* A child that never samples: no file, and its end does not touch the parent's. */
static void quiet_child(void *unused)
{
	(void)unused;
	CHECK(state_look() == NULL);
	state_finish(true);
	CHECK(shm_files(NULL) == 1);
}

static void forks(void *unused)
{
	(void)unused;
	shm_config("4m", "1000");
	CHECK(state_make());
	struct layout_header *h = state_enter();

	for (uint32_t i = 0; i < 1000; i++) {
		CHECK(record(h, i));
	}
	h->rates[1] = 2000;
	h->epoch = 1;
	CHECK(apart(quiet_child, NULL) == 0);
	CHECK(h->finished == 0 && allocs(h) == 1000);
	CHECK(apart(child, NULL) == 0);
	CHECK(h->finished == 0 && h->pid == (uint32_t)getpid());
	CHECK(record(h, 1000) && allocs(h) == 1001 && allocs_in_file(getpid()) == 1001);
	state_finish(true);
}

struct failure {
	unsigned kinds, n;
	int error;
	bool on;
	unsigned *calls; /* shared with the parent: how many there were */
};

static void order(const struct failure *f)
{
	fake_sys_fail(f->kinds, f->n, f->error);
	fake_sys()->fail_on = f->on;
}

static void make_with(void *argument)
{
	const struct failure *f = argument;

	shm_config("1m", "512k");
	order(f);
	bool made = state_make();
	struct layout_header *h = state_enter();

	CHECK(made == (h != NULL));
	for (uint32_t i = 0; made && i < 2000; i++) {
		(void)record(h, i);
	}
	if (made) {
		budget_holds(h);
		fake_sys()->fail_at = 0;
		CHECK(record(h, 3000));
		state_prepare_seal();
		budget_holds(h);
	}
	*f->calls = fake_sys()->calls;
	state_finish(true);
	CHECK(shm_files(NULL) == 0 && shm_files(shm_tmp) == 0);
}

static void fork_with(void *argument)
{
	const struct failure *f = argument;

	order(f);
	for (unsigned i = 0; i < 5; i++) { /* it asks again, and again */
		struct layout_header *h = state_enter();

		CHECK(h == state_look());
		if (h != NULL) {
			CHECK(h->pid == (uint32_t)getpid());
			(void)record(h, i);
			budget_holds(h);
		}
	}
	*f->calls = fake_sys()->calls;
	state_finish(true);
}

static void make_then_fork_with(void *argument)
{
	shm_config("1m", "512k");
	CHECK(state_make());
	struct layout_header *h = state_enter();

	CHECK(record(h, 1));
	CHECK(apart(fork_with, argument) == 0);
	CHECK(shm_files(NULL) + shm_files(shm_tmp) == 1);
	CHECK(record(h, 2) && allocs(h) == 2 && allocs_in_file(getpid()) == 2);
	state_finish(true);
}

/* @run once for each call that there is, and each error. */
static void each_failure(void (*run)(void *))
{
	static const struct {
		unsigned kinds;
		int error;
	} ways[] = {{FAKE_ALL, ENOMEM}, {FAKE_ALL, EACCES},   {FAKE_ALL, EMFILE},
		    {FAKE_ALL, ENOSPC}, {ALL_MEMORY, EINVAL}, {ALL_MEMORY, EFAULT}};
	unsigned *calls =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned runs = 0;

	assert_true(calls != MAP_FAILED);
	for (size_t w = 0; w < sizeof(ways) / sizeof(ways[0]); w++) {
		bool reached = true;

		for (unsigned n = 1 + (unsigned)w % LESS; reached && n < 200; n += LESS) {
			reached = false;
			for (int on = 0; on < 2; on++) {
				struct failure f = {.kinds = ways[w].kinds,
						    .n = n,
						    .error = ways[w].error,
						    .on = on != 0,
						    .calls = calls};

				if (apart(run, &f) != 0) {
					fail_msg("call %u of %x, error %d%s", n, f.kinds, f.error,
						 on ? ", and all that follow" : "");
				}
				reached |= *calls >= n;
				runs++;
			}
		}
	}
	print_message("%u runs\n", runs);
	munmap(calls, 4096);
}

static void making_fails(void **unused)
{
	(void)unused;
	each_failure(make_with);
}

static void forking_fails(void **unused)
{
	(void)unused;
	each_failure(make_then_fork_with);
}

static void in_child(void (*what)(void *), void *argument)
{
	assert_int_equal(apart(what, argument), 0);
	assert_int_equal(shm_files(NULL), 0);
}

static void cases(void **unused)
{
	char one[] = "1m", odd[] = "1234567", eight[] = "8m";

	(void)unused;
	in_child(life, NULL);
	in_child(never_beyond_the_budget, one);
	in_child(never_beyond_the_budget, odd);
	in_child(never_beyond_the_budget, eight);
	in_child(small_limits, NULL);
	in_child(sealed, NULL);
}

static void old_kernels(void **unused)
{
	bool no_fallocate = true;

	(void)unused;
	in_child(old_kernel, NULL);
	in_child(old_kernel, &no_fallocate);
	in_child(older_kernel, NULL);
}

static void children(void **unused)
{
	(void)unused;
	in_child(forks, NULL);
}

static void memory(void **unused)
{
	(void)unused;
	if (LESS == 1) {
		assert_int_equal(apart(hundred_thousand, NULL), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases),	 cmocka_unit_test(old_kernels),
		cmocka_unit_test(children),	 cmocka_unit_test(making_fails),
		cmocka_unit_test(forking_fails), cmocka_unit_test(memory),
	};

	return cmocka_run_group_tests(tests, shm_setup, shm_teardown);
}
