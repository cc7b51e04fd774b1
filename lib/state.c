/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.c - create, map and size the state file
 *
 * The whole file, with a window for each region, is mapped once without access; a reservation opens
 * some more of a window (mprotect) and has the kernel fill it (MADV_POPULATE_WRITE, Linux 5.14;
 * before, fallocate on the file opened by its name). Mapping without access first, and munlock,
 * keep a host that uses mlockall(MCL_FUTURE) from locking all of the sparse file into memory.
 *
 * Reservation is lock-free: two threads may open and fill the same pages, which is harmless; the
 * one whose CAS on `reserved` fails gives its share of the budget back.
 */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/single_threaded.h>
#include <time.h>

#include "config.h"
#include "filter.h"
#include "place.h"
#include "program.h"
#include "sys.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define PAGE	 4096ull
#define SLACK	 (512ull << 10) /* what a window may still grow by when it was shrunk */
#define STEP_MIN (16ull << 10)
#define STEP_MAX (1ull << 20)
#define TRIES	 3u
#define AS_SHARE 64u /* of a limited address space, a budget is this part at most */

static struct {
	struct layout_header *header; /* NULL until made; then constant, also in children */
	uint64_t bytes;		      /* of the mapping */
	uint32_t *owner;       /* wiped on fork: 0 there means that the file is the parent's */
	bool by_name;	       /* no MADV_POPULATE_WRITE: reserve by fallocate */
	bool anonymous;	       /* no file: anonymous memory */
	uint32_t closed;       /* 1: the process ends, make nothing any more */
	uint32_t failed;       /* how often a child could get none of its own */
	uint64_t budget, rate; /* what such a child asks for: it may have lost the header */
	uint64_t whole;	       /* state_shrink(): bytes from the header on without a hole; 0: all */
	char path[PLACE_PATH_MAX];
} self;

static uint64_t round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

/* Windows for a budget; returns the bytes of the file. */
static uint64_t plan(uint64_t budget, struct layout_window *windows)
{
	const uint64_t sizes[LAYOUT_REGIONS] = {
		[LAYOUT_MODULES] = budget < 1u << 20 ? budget : 1u << 20,
		[LAYOUT_ENTRIES] = budget,
		[LAYOUT_FRAMES] = budget,
		[LAYOUT_LIVE] = budget,
		[LAYOUT_ENTRIES_INDEX] = budget / 2,
		[LAYOUT_FRAMES_INDEX] = budget / 2,
	};
	uint64_t at = LAYOUT_HEADER_BYTES;

	for (unsigned i = 0; i < LAYOUT_REGIONS; i++) {
		windows[i] = (struct layout_window){.offset = at, .size = round_up(sizes[i], PAGE)};
		at += windows[i].size;
	}
	return at;
}

/* The budget that is asked for, or less where the host's address space is limited: the windows take
 * four times the budget, and may take a sixteenth of the limit. */
static uint64_t allowed_budget(void)
{
	uint64_t budget = config_get()->memory;
	struct rlimit limit;

	if (sys_getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
	    budget > limit.rlim_cur / AS_SHARE) {
		budget = limit.rlim_cur / AS_SHARE;
	}
	return round_up(budget, PAGE);
}

/* A file that we may extend to @bytes without the kernel's SIGXFSZ, or -errno. */
static int file_of(uint64_t bytes, uint64_t now_ms)
{
	struct rlimit limit;
	int fd;

	if (sys_getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < bytes) {
		self.path[0] = '\0';
		return -EFBIG;
	}
	fd = place_create(self.path, now_ms);
	if (fd >= 0 && sys_ftruncate(fd, (off_t)bytes) != 0) {
		(void)sys_close(fd);
		place_remove(self.path);
		return -EFBIG;
	}
	return fd;
}

/* Map @bytes without access, over the mapping that is there, if any. */
static void *map(uint64_t bytes, int fd)
{
	int flags = fd >= 0 ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS;

	if (self.header != NULL) {
		flags |= MAP_FIXED;
	}
	void *mapped = sys_mmap(self.header, bytes, PROT_NONE, flags | MAP_NORESERVE, fd, 0);

	if (!sys_failed(mapped)) {
		(void)sys_munlock(mapped,
				  bytes); /* its windows would count against RLIMIT_MEMLOCK */
	}
	return mapped;
}

static bool fill_by_name(uint64_t offset, uint64_t bytes)
{
	int fd =
		self.path[0] != '\0' ? sys_open(self.path, O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0) : -1;

	if (fd < 0) {
		return false;
	}
	int failed = sys_fallocate(fd, (off_t)offset, (off_t)bytes);

	(void)sys_close(fd);
	return failed == 0;
}

/* Make @bytes at @offset ready to be touched. */
static bool fill(struct layout_header *h, uint64_t offset, uint64_t bytes)
{
	uint8_t *at = (uint8_t *)h + offset;

	if (sys_mprotect(at, bytes, PROT_READ | PROT_WRITE) != 0) {
		return false;
	}
	int failed = self.by_name ? -EINVAL : sys_madvise(at, bytes, MADV_POPULATE_WRITE);

	if (failed == -EINVAL) {
		self.by_name = true;
		/* Anonymous memory needs no promise: there a shortage is no SIGBUS. */
		return self.anonymous || fill_by_name(offset, bytes);
	}
	return failed == 0;
}

static uint64_t now_in(uint64_t unit_ns)
{
	struct timespec now = {0};

	(void)sys_clock(CLOCK_REALTIME, &now);
	return ((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec) / unit_ns;
}

static void write_header(struct layout_header *h, uint64_t rate, uint64_t budget, uint64_t bytes,
			 const struct layout_window *windows)
{
	h->version = LAYOUT_VERSION;
	h->header_bytes = LAYOUT_HEADER_BYTES;
	h->file_bytes = bytes;
	h->budget = budget;
	h->reserved = LAYOUT_HEADER_BYTES;
	h->pid = (uint32_t)sys_getpid();
	h->start_ns = now_in(1);
	h->rates[0] = rate;
	h->name_bytes = program_path(h->name, sizeof(h->name));
	memcpy(h->windows, windows, sizeof(h->windows));
	/* Release: a reader of the file sees a header that is complete, or none. PAIR magic:
	 * layout_open() */
	atomic_store_release(&h->magic, LAYOUT_MAGIC);
	/* KILLED: before, the file is 'not a state file'; after, an empty profile. */
}

/* One page that the kernel wipes in forked children. */
static bool make_owner(void)
{
	if (self.owner != NULL) {
		return true;
	}
	void *page =
		sys_mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (sys_failed(page)) {
		return false;
	}
	if (sys_madvise(page, PAGE, MADV_WIPEONFORK) != 0) {
		(void)sys_munmap(page, PAGE); /* before Linux 4.14 */
		return false;
	}
	self.owner = page;
	return true;
}

/* A header at the start of a mapping of its own file; NULL when there is no memory for one. */
static struct layout_header *make_mapping(uint64_t budget, uint64_t rate)
{
	struct layout_window windows[LAYOUT_REGIONS];
	uint64_t bytes = plan(budget, windows);
	int fd = file_of(bytes, now_in(1000000u));
	struct layout_header *h = map(bytes, fd);

	self.anonymous = fd < 0;
	if (fd >= 0) {
		(void)sys_close(fd);
	}
	if (!sys_failed(h) && !fill(h, 0, LAYOUT_HEADER_BYTES) && !self.anonymous) {
		/* The file has no room: the same place without a file. */
		place_remove(self.path);
		self.anonymous = true;
		h = sys_mmap(h, bytes, PROT_NONE,
			     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
		if (!sys_failed(h) && !fill(h, 0, LAYOUT_HEADER_BYTES)) {
			return NULL;
		}
	}
	if (sys_failed(h)) {
		place_remove(self.path);
		return NULL;
	}
	self.bytes = bytes;
	write_header(h, rate, budget, bytes, windows);
	return h;
}

bool state_make(void)
{
	if (atomic_load_acquire(&self.header) != NULL) { /* PAIR state: below */
		return true;
	}
	if (atomic_load_relaxed(&self.closed) != 0 || !make_owner()) {
		return false;
	}
	for (uint64_t budget = allowed_budget(); budget >= CONFIG_MEMORY_MIN / 8; budget /= 2) {
		budget = budget / PAGE * PAGE;
		struct layout_header *h = make_mapping(budget, config_get()->rate);

		if (h != NULL) {
			*self.owner = 1;
			if (config_get()->rate == 1) {
				filter_widen();
			}
			atomic_store_release(&self.header, h); /* PAIR state: state_enter() */
			return true;
		}
	}
	return false;
}

/* In a forked child: a file of its own at the same address. What the parent sampled before is the
 * parent's; its blocks, freed here, are no frees of ours. */
static struct layout_header *take_own(void)
{
	if (self.failed >= TRIES || atomic_load_relaxed(&self.closed) != 0) {
		return NULL;
	}
	if (self.failed == 0) { /* a try that fails may leave nothing to be read there */
		self.budget = self.header->budget;
		if (self.whole != 0) { /* see plan(): five windows' worth, at most */
			self.budget = (self.whole - LAYOUT_HEADER_BYTES) / 5 / PAGE * PAGE;
		}
		self.rate = self.header->rates[atomic_load_relaxed(&self.header->epoch)];
	}
	filter_clear();
	struct layout_header *h = make_mapping(self.budget, self.rate);

	if (h == NULL) {
		self.failed++;
		return NULL;
	}
	self.failed = 0; /* a child of ours begins with three tries, too */
	*self.owner = 1;
	return h;
}

struct layout_header *state_enter(void)
{
	struct layout_header *h = atomic_load_acquire(&self.header); /* PAIR state: state_make() */

	if (h == NULL) {
		return NULL;
	}
	return *self.owner != 0 ? h : take_own();
}

struct layout_header *state_look(void)
{
	struct layout_header *h = atomic_load_acquire(&self.header); /* PAIR state: state_make() */

	return h == NULL || *self.owner == 0 ? NULL : h;
}

uint64_t state_bytes(void)
{
	return self.bytes; /* the same in children: their own lies over it */
}

/* Charge the budget. */
static bool charge(struct layout_header *h, uint64_t bytes)
{
	uint64_t old;

	do {
		old = atomic_load_relaxed(&h->reserved);
		if (old + bytes > h->budget) {
			return false;
		}
	} while (!atomic_cas_relaxed(&h->reserved, old, old + bytes)); /* a sum, orders nothing */
	return true;
}

static bool grow(struct layout_header *h, enum layout_region which, uint64_t from, uint64_t to)
{
	struct layout_window *w = &h->windows[which];

	if (to > atomic_load_relaxed(&w->size) || !charge(h, to - from)) {
		return false;
	}
	/* KILLED from here on: some budget is charged for nothing. */
	/* PAIR reserved: state_reserve() */
	if (!fill(h, w->offset + from, to - from) || !atomic_cas_acq_rel(&w->reserved, from, to)) {
		atomic_sub_relaxed(&h->reserved, to - from);
	}
	return atomic_load_relaxed(&w->reserved) > from;
}

bool state_reserve(struct layout_header *h, enum layout_region which, uint64_t bytes)
{
	struct layout_window *w = &h->windows[which];

	for (;;) {
		uint64_t from = atomic_load_acquire(&w->reserved); /* PAIR reserved: grow() */
		uint64_t step = from / 4;

		if (bytes <= from) {
			return true;
		}
		if (sys_sealed()) {
			return false;
		}
		/* The first step is a page: most programs that are sampled at all have a few
		 * samples, and each page more in six windows is 1 us of the 200 that the first one
		 * takes. */
		uint64_t least_step = from == 0 ? PAGE : STEP_MIN;

		step = step < least_step ? least_step : step > STEP_MAX ? STEP_MAX : step;
		uint64_t least = round_up(bytes, PAGE);
		uint64_t wish = round_up(bytes > from + step ? bytes : from + step, PAGE);

		if (!grow(h, which, from, wish) && !grow(h, which, from, least)) {
			return false;
		}
	}
}

bool state_take(struct layout_header *h, enum layout_region which, uint64_t bytes, uint64_t *at)
{
	struct layout_window *w = &h->windows[which];
	uint64_t used;

	do {
		used = atomic_load_relaxed(&w->used);
		if (!state_reserve(h, which, used + bytes)) {
			return false;
		}
	} while (!atomic_cas_acq_rel(&w->used, used,
				     used + bytes)); /* PAIR region: layout_region() */
	*at = used;
	return true;
}

/* What stays mapped of a window. Another thread may be in grow() with the size that was: by a step
 * at most. */
static uint64_t shrink_window(struct layout_window *w)
{
	uint64_t reserved = atomic_load_acquire(&w->reserved); /* PAIR reserved: grow() */
	uint64_t size = atomic_load_relaxed(&w->size);

	if (reserved + SLACK < size) {
		size = reserved + SLACK;
		atomic_store_relaxed(&w->size, size);
	}
	return round_up(size + (__libc_single_threaded ? 0 : 2 * STEP_MAX), PAGE);
}

static void unmap(struct layout_header *h, uint64_t from, uint64_t to)
{
	if (from < to) {
		(void)sys_munmap((uint8_t *)h + from, to - from);
	}
}

/* Only the first two windows' neighbourhood has to be whole: a child lays its own file over it. In
 * a child that has not done so the header is the parent's, and all the rest is of no use. */
void state_shrink(uint64_t limit)
{
	struct layout_header *h = atomic_load_acquire(&self.header); /* PAIR state: state_make() */

	if (h == NULL || self.whole != 0 || self.failed != 0 || h->budget <= limit / AS_SHARE) {
		return;
	}
	uint64_t second = h->windows[1].offset;

	if (*self.owner == 0) {
		self.whole = second + SLACK;
		unmap(h, self.whole, self.bytes);
		return;
	}
	for (unsigned i = 1; i < LAYOUT_REGIONS; i++) {
		struct layout_window *w = &h->windows[i];
		uint64_t end = i + 1 < LAYOUT_REGIONS ? w[1].offset : self.bytes;
		uint64_t kept = shrink_window(w);

		if (i == 1) {
			self.whole = second + kept < end ? second + kept : end;
		}
		unmap(h, w->offset + kept, end);
	}
}

unsigned state_pressure(const struct layout_header *h)
{
	uint64_t reserved = atomic_load_relaxed(&h->reserved);
	uint64_t calm = h->budget / 4 * 3;

	return reserved <= calm ? 0 : 1 + (unsigned)((reserved - calm) / (h->budget / 32));
}

void state_prepare_seal(void)
{
	struct layout_header *h = state_enter();
	uint64_t share = h != NULL ? h->budget / 64 : 0;

	if (h == NULL) {
		return;
	}
	(void)state_reserve(h, LAYOUT_MODULES, 64u << 10);
	(void)state_reserve(h, LAYOUT_ENTRIES, share);
	(void)state_reserve(h, LAYOUT_FRAMES, share);
	(void)state_reserve(h, LAYOUT_LIVE, share);
	(void)state_reserve(h, LAYOUT_ENTRIES_INDEX, share / 2);
	(void)state_reserve(h, LAYOUT_FRAMES_INDEX, share / 2);
}

void state_close(void)
{
	atomic_store_relaxed(&self.closed, 1); /* who makes one at this moment makes it once */
}

void state_finish(bool remove)
{
	struct layout_header *h = atomic_load_acquire(&self.header); /* PAIR state: state_make() */

	if (h == NULL || *self.owner == 0) {
		return;
	}
	atomic_store_release(&h->finished, 1); /* PAIR finished: is_finished() */
	if (remove) {
		place_remove(self.path);
	}
}

bool state_path(char *to, size_t room)
{
	size_t n = strlen(self.path) + 1;

	if (n == 1 || n > room) {
		return false;
	}
	memcpy(to, self.path, n);
	return true;
}
