/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work.h - a process that works on the tables, and what must be true of its file at any moment
 *
 * The worker writes into a page of its own, shared with the test, what it is about to do and what
 * it has done; whatever moment it is stopped at, its file must say something between the two, and
 * each record in it must be one that was meant (layout.h, invariants).
 */
#ifndef LEAKTRACK_TEST_WORK_H
#define LEAKTRACK_TEST_WORK_H

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "live.h"
#include "poisson.h"
#include "stacks.h"
#include "tests/unit/apart.h"
#include "tests/unit/shm.h"

#define WORK_THREADS 4u
#define WORK_KEYS    1024u
#define WORK_SLOTS   1024u
#define WORK_FRAMES  3u

/* Of one thread. Written by it alone, in program order; read when it is stopped or dead. */
struct work_log {
	uint64_t begun_allocs[WORK_KEYS], done_allocs[WORK_KEYS];
	uint64_t begun_frees[WORK_KEYS], done_frees[WORK_KEYS];
	uint64_t steps;
	uint32_t key_of[WORK_SLOTS]; /* the key that the block in a slot has, or is about to get */
	bool there[WORK_SLOTS];
};

struct work {
	struct work_log logs[WORK_THREADS];
};

static inline struct work *work_new(void)
{
	void *page = mmap(NULL, sizeof(struct work), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED);
	return page;
}

static inline uintptr_t work_addr(uint32_t thread, uint32_t slot)
{
	return 0x7f0000000000u + ((uintptr_t)thread * WORK_SLOTS + slot) * 80;
}

static inline void work_stack(uint32_t thread, uint32_t key, uintptr_t *pcs)
{
	pcs[0] = 0x400000 + ((uintptr_t)thread << 20) + key * 16;
	pcs[1] = 0x7f0000001000u + key % 7;
	pcs[2] = UINTPTR_MAX - key % 3;
}

static inline uint64_t work_size(uint32_t key)
{
	return 1 + key % 5 * 100;
}

/* The store that tells must not move over the work that it tells of. */
static inline void work_tell(uint64_t *count)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(count, *count + 1, __ATOMIC_SEQ_CST);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* A block of @key in @slot, as the sampler records it. False: no room. */
static inline bool work_alloc(struct layout_header *h, struct work_log *log, uint32_t thread,
			      uint32_t slot, uint32_t key)
{
	uintptr_t pcs[WORK_FRAMES];
	struct stacks_key of = {
		.pcs = pcs,
		.n = WORK_FRAMES,
		.size = work_size(key),
		.shard = slot % STACKS_SHARDS, /* threads change as blocks do */
	};
	uint32_t entry, old;
	bool is_new;

	work_stack(thread, key, pcs);
	log->key_of[slot] = key;
	work_tell(&log->begun_allocs[key]);
	entry = stacks_intern(h, &of, 8, &is_new);
	if (entry == STACKS_NONE || !live_add(h, work_addr(thread, slot), entry, &old)) {
		__atomic_store_n(&log->begun_allocs[key], log->begun_allocs[key] - 1,
				 __ATOMIC_SEQ_CST);
		return false;
	}
	stacks_alloc(h, entry);
	work_tell(&log->done_allocs[key]);
	log->there[slot] = true;
	return true;
}

static inline void work_free(struct layout_header *h, struct work_log *log, uint32_t thread,
			     uint32_t slot)
{
	uint32_t key = log->key_of[slot];
	uint32_t entry;

	work_tell(&log->begun_frees[key]);
	CHECK(live_take(h, work_addr(thread, slot), &entry));
	stacks_free(h, entry);
	work_tell(&log->done_frees[key]);
	log->there[slot] = false;
}

/* Random allocations and frees, @steps of them. */
static inline void work_random(struct layout_header *h, struct work_log *log, uint32_t thread,
			       uint64_t seed, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		uint64_t r = poisson_next(&seed);
		uint32_t slot = r % WORK_SLOTS;

		if (log->there[slot]) {
			work_free(h, log, thread, slot);
		} else {
			(void)work_alloc(h, log, thread, slot, (r >> 20) % WORK_KEYS);
		}
		work_tell(&log->steps);
	}
}

/* --- the test's side ----------------------------------------------------------------------------
 */

#define MUST(truth)                                                                  \
	do {                                                                         \
		if (!(truth)) {                                                      \
			printf("%s:%d: not true: %s\n", __FILE__, __LINE__, #truth); \
			return false;                                                \
		}                                                                    \
	} while (0)

/* What a file says, added up. */
struct work_sums {
	uint64_t allocs[WORK_THREADS][WORK_KEYS], frees[WORK_THREADS][WORK_KEYS];
	uint64_t live[WORK_THREADS][WORK_KEYS];
	bool seen[WORK_THREADS][WORK_SLOTS];
};

static inline bool work_windows_hold(const struct layout_header *h)
{
	uint64_t sum = LAYOUT_HEADER_BYTES;

	for (unsigned i = 0; i < LAYOUT_REGIONS; i++) {
		const struct layout_window *w = &h->windows[i];

		MUST(w->used <= w->reserved && w->reserved <= w->size);
		MUST(w->offset + w->size <= h->file_bytes);
		sum += w->reserved;
	}
	MUST(sum <= h->reserved && h->reserved <= h->budget);
	return true;
}

/* The thread and key that a stack and size stand for. */
static inline bool work_meaning(const struct layout_frames *f, uint64_t size, uint32_t *thread,
				uint32_t *key)
{
	struct layout_cursor cursor = layout_cursor(f);
	uintptr_t pcs[WORK_FRAMES], wanted[WORK_FRAMES];
	uint64_t pc = 0;

	MUST(f->count == WORK_FRAMES);
	for (unsigned i = 0; i < WORK_FRAMES; i++) {
		MUST(layout_next_pc(&cursor, &pc));
		pcs[i] = pc;
	}
	MUST(!layout_next_pc(&cursor, &pc));
	MUST(pcs[0] >= 0x400000);
	*thread = (uint32_t)((pcs[0] - 0x400000) >> 20);
	*key = (uint32_t)((pcs[0] - 0x400000) & 0xfffff) / 16;
	MUST(*thread < WORK_THREADS && *key < WORK_KEYS);
	work_stack(*thread, *key, wanted);
	MUST(memcmp(pcs, wanted, sizeof(pcs)) == 0);
	MUST(size == work_size(*key));
	return true;
}

static inline bool work_stacks_hold(const struct layout_view *view, struct work_sums *sums)
{
	struct layout_sample s;
	uint32_t thread, key;
	uint64_t index = 0, entries, skipped = 0, bytes;

	(void)layout_region(view, LAYOUT_ENTRIES, &bytes);
	entries = bytes / sizeof(struct layout_entry);
	MUST(bytes % sizeof(struct layout_entry) == 0);
	while (layout_next_sample(view, &index, &s)) {
		MUST(work_meaning(s.frames, s.size, &thread, &key));
		MUST(s.slack == 8 && s.rate == 524288);
		sums->allocs[thread][key] += s.allocs;
		sums->frees[thread][key] += s.frees;
		skipped++;
	}
	MUST(skipped <= entries);
	return true;
}

static inline bool work_live_holds(const struct layout_view *view, const struct work *work,
				   struct work_sums *sums)
{
	uint64_t entries_bytes, frames_bytes, addr;
	const struct layout_entry *entries =
		(const void *)layout_region(view, LAYOUT_ENTRIES, &entries_bytes);
	const uint8_t *frames = layout_region(view, LAYOUT_FRAMES, &frames_bytes);
	struct layout_live_walk walk = {0};
	uint32_t entry;

	while (layout_next_live(view, &walk, &addr, &entry)) {
		uint64_t at = addr - 0x7f0000000000u;
		uint32_t thread = (uint32_t)(at / 80 / WORK_SLOTS), slot = at / 80 % WORK_SLOTS;
		uint32_t of_thread, key;

		MUST(at % 80 == 0 && thread < WORK_THREADS);
		MUST(entry < entries_bytes / sizeof(*entries));
		const struct layout_entry *e = &entries[entry];

		MUST((uint64_t)e->frames * 8 < frames_bytes);
		MUST(work_meaning((const void *)(frames + (uint64_t)e->frames * 8), e->size,
				  &of_thread, &key));
		MUST(of_thread == thread && key == work->logs[thread].key_of[slot]);
		MUST(!sums->seen[thread][slot]); /* an address stands in one slot only */
		sums->seen[thread][slot] = true;
		sums->live[thread][key]++;
	}
	return true;
}

/* Is this a true profile of what was done? */
static inline bool work_holds(const struct layout_view *view, const struct work *work)
{
	static struct work_sums sums;

	memset(&sums, 0, sizeof(sums));
	MUST(work_windows_hold(view->header));
	MUST(work_stacks_hold(view, &sums));
	MUST(work_live_holds(view, work, &sums));
	for (unsigned t = 0; t < WORK_THREADS; t++) {
		const struct work_log *log = &work->logs[t];
		uint64_t between = 0; /* blocks that are in one table and not yet in the other */

		for (unsigned k = 0; k < WORK_KEYS; k++) {
			uint64_t allocs = sums.allocs[t][k], frees = sums.frees[t][k];
			uint64_t inuse = allocs - frees, live = sums.live[t][k];

			MUST(log->done_allocs[k] <= allocs && allocs <= log->begun_allocs[k]);
			MUST(log->done_frees[k] <= frees && frees <= log->begun_frees[k]);
			MUST(frees <= allocs);
			between += inuse > live ? inuse - live : live - inuse;
		}
		MUST(between <= 1);
	}
	return true;
}

/* Map the state file of @pid, to be read. False: there is none. */
static inline bool work_map(pid_t pid, void **file, uint64_t *bytes)
{
	char path[300], name[32];
	struct stat st;

	snprintf(path, sizeof(path), "%s/leaktrack-%u", shm_root, (unsigned)geteuid());
	snprintf(name, sizeof(name), "%d.", (int)pid);
	DIR *dir = opendir(path);

	*file = MAP_FAILED;
	for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
		if (strncmp(e->d_name, name, strlen(name)) != 0) {
			continue;
		}
		int fd = openat(dirfd(dir), e->d_name, O_RDONLY | O_CLOEXEC);

		if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0) {
			*bytes = (uint64_t)st.st_size;
			*file = mmap(NULL, *bytes, PROT_READ, MAP_SHARED, fd, 0);
		}
		close(fd);
	}
	if (dir != NULL) {
		closedir(dir);
	}
	return *file != MAP_FAILED;
}

#endif
