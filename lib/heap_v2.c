/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap_v2.c - what a dump says
 *
 * Read through layout.h only, so the same code writes the dump of this process, of a process that
 * has ended (keeper.c), and of a file. Counters move on while it is written: each line is true for
 * the moment it was read, and the header's sums, filled in last, are the sums of the lines.
 *
 * We may be in a signal handler: one static buffer, write(2), no allocation.
 */
#include "heap_v2.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "arch.h"
#include "failure.h"
#include "fmt.h"
#include "leaktrack.h"
#include "poisson.h"
#include "sys.h"

struct writer {
	int fd;
	int error;	  /* 0 or the first -errno */
	uint64_t written; /* bytes given to the file */
	uint64_t limit;	  /* RLIMIT_FSIZE */
	struct fmt text;  /* in buffer */
};

static ARCH_LARGE char buffer[16384]; /* one dump is written at a time */

struct totals {
	uint64_t inuse, inuse_bytes, alloc, alloc_bytes, held;
};

static void flush(struct writer *w)
{
	size_t at = 0;

	if (w->error == 0 && w->written + w->text.len > w->limit) {
		w->error = -EFBIG;
	}
	while (w->error == 0 && at < w->text.len) {
		ssize_t n = sys_write(w->fd, buffer + at, w->text.len - at);

		if (n > 0) {
			at += (size_t)n;
		} else if (n != -EINTR) {
			w->error = n == 0 ? -EIO : (int)n;
		}
	}
	w->written += at;
	w->text = fmt_on(buffer, sizeof(buffer));
}

/* Make room for a piece of at most @n bytes. */
static struct fmt *room(struct writer *w, size_t n)
{
	if (w->text.len + n >= w->text.cap) {
		flush(w);
	}
	return &w->text;
}

static void put(struct writer *w, const char *s)
{
	fmt_str(room(w, strlen(s)), s);
}

static void put_dec(struct writer *w, uint64_t value)
{
	fmt_dec(room(w, 20), value);
}

static void put_hex(struct writer *w, uint64_t value, unsigned min_digits)
{
	fmt_hex(room(w, 20), value, min_digits);
}

/* Paths are longer than what fits at once, and a line end in one would end the line. */
static void put_path(struct writer *w, const char *path, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = path[i];

		if (c == '\n') {
			c = '?';
		}

		fmt_bytes(room(w, 1), &c, 1);
	}
}

static void put_padded(struct writer *w, uint64_t value)
{
	char digits[24];
	struct fmt f = fmt_on(digits, sizeof(digits));

	fmt_dec(&f, value);
	for (size_t n = f.len; n < 20; n++) {
		put(w, " ");
	}
	put(w, digits);
}

/* Written twice: first to take its place, last with the sums. */
static void put_header(struct writer *w, const struct totals *t, uint64_t rate)
{
	put(w, "heap profile: ");
	put_padded(w, t->inuse);
	put(w, ": ");
	put_padded(w, t->inuse_bytes);
	put(w, " [");
	put_padded(w, t->alloc);
	put(w, ": ");
	put_padded(w, t->alloc_bytes);
	put(w, "] @ heap_v2/");
	put_dec(w, rate);
	put(w, "\n");
}

static void put_time(struct writer *w, uint64_t ns)
{
	put_dec(w, ns / 1000000000u);
	put(w, ".");
	char digits[24];
	struct fmt f = fmt_on(digits, sizeof(digits));

	fmt_dec(&f, 1000000000u + ns % 1000000000u); /* a leading 1 keeps the zeros */
	put(w, digits + 1);
}

static uint64_t now_ns(void)
{
	struct timespec now = {0};

	(void)sys_clock(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void put_comments(struct writer *w, const struct layout_header *h, const char *reason)
{
	put(w, "# leaktrack " LEAKTRACK_VERSION " pid ");
	put_dec(w, h->pid);
	put(w, " program ");
	put_path(w, h->name, h->name_bytes);
	put(w, "\n# start ");
	put_time(w, h->start_ns);
	put(w, " dump ");
	put_time(w, now_ns());
	put(w, " reason ");
	put(w, reason);
	put(w, "\n# cut_stacks ");
	put_dec(w, atomic_load_relaxed(&h->counts.cut_stacks));
	put(w, " lost_samples ");
	put_dec(w, atomic_load_relaxed(&h->counts.lost_samples));
	put(w, " lost_live ");
	put_dec(w, atomic_load_relaxed(&h->counts.lost_live));
	put(w, " replaced ");
	put_dec(w, atomic_load_relaxed(&h->counts.replaced));
	put(w, " rate_changes ");
	put_dec(w, atomic_load_relaxed(&h->epoch));
	put(w, " own_bytes ");
	put_dec(w, atomic_load_relaxed(&h->reserved));
	put(w, "\n");
}

/* Where nothing went wrong there is nothing to say. What is damaged may still be found out here: in
 * the process itself it ends the sampling, elsewhere it is only told. */
static void put_failures(struct writer *w, const struct layout_view *view)
{
	const struct layout_header *h = view->header;
	uint64_t damaged = layout_damaged(view);

	if (damaged != 0) {
		failure_note(LAYOUT_OFF_TABLE);
		put(w, "# damaged ");
		put_dec(w, damaged);
		put(w, "\n");
	}
	uint64_t failures = atomic_load_relaxed(&h->counts.failures);
	const char *why = layout_off_word(atomic_load_relaxed(&h->off));

	if (failures == 0 && why == NULL) {
		return;
	}
	put(w, "# failures ");
	put_dec(w, failures);
	if (why != NULL) {
		put(w, " off ");
		put(w, why);
	}
	put(w, "\n");
}

/* The rate that the dump is written for: the smallest, so that nothing is rounded away. */
static uint64_t rate_of(const struct layout_header *h)
{
	uint64_t rate = h->rates[0];

	for (uint32_t i = 1; i <= h->epoch && i < LAYOUT_EPOCHS; i++) {
		if (h->rates[i] != 0 && h->rates[i] < rate) {
			rate = h->rates[i];
		}
	}
	return rate;
}

/* @count samples taken at @from, as so many at @to <= @from: count * P_to(size) / P_from(size).
 * Where a chance is small it is size / rate, and its digits as a fraction of 2^32 are few. */
static uint64_t convert(uint64_t count, uint64_t size, uint64_t from, uint64_t to)
{
	__extension__ typedef unsigned __int128 wide;

	if (from == to || size == 0) { /* no size: a damaged file */
		return count;
	}
	wide above = poisson_chance(size, to), below = poisson_chance(size, from);

	if (size < to >> 16) {
		above = from;
		below = to;
	} else if (size < from >> 16) {
		above *= from;
		below = (wide)size << 32;
	}
	return (uint64_t)((count * above + below / 2) / below);
}

static void put_sample(struct writer *w, const struct layout_sample *s, uint64_t rate,
		       struct totals *sum)
{
	uint64_t alloc = convert(s->allocs, s->size, s->rate, rate);
	uint64_t inuse = convert(s->allocs - s->frees, s->size, s->rate, rate);
	struct layout_cursor cursor = layout_cursor(s->frames);
	uint64_t pc;

	sum->inuse += inuse;
	sum->inuse_bytes += inuse * s->size;
	sum->alloc += alloc;
	sum->alloc_bytes += alloc * s->size;
	sum->held += inuse * (s->size + s->slack);
	put(w, "# usable ");
	put_dec(w, s->size + s->slack);
	put(w, "\n  ");
	put_dec(w, inuse);
	put(w, ": ");
	put_dec(w, inuse * s->size);
	put(w, " [");
	put_dec(w, alloc);
	put(w, ": ");
	put_dec(w, alloc * s->size);
	put(w, "] @");
	while (layout_next_pc(&cursor, &pc)) {
		struct fmt *f = room(w, 24);

		fmt_bytes(f, " 0x", 3);
		fmt_hex(f, pc, 1);
	}
	put(w, "\n");
}

static void put_range(struct writer *w, const struct layout_module *m)
{
	put_hex(w, m->start, 8);
	put(w, "-");
	put_hex(w, m->end, 8);
}

static void put_module(struct writer *w, const struct layout_module *m)
{
	if (m->build_id_bytes > 0) {
		put_range(w, m);
		put(w, ": r-xp ");
		put_path(w, m->path, m->path_bytes);
		put(w, " (@");
		put_hex(w, m->offset, 1);
		put(w, ") ");
		for (unsigned i = 0; i < m->build_id_bytes; i++) {
			put_hex(w, m->build_id[i], 2);
		}
		put(w, "\n");
	}
	put_range(w, m);
	put(w, " r-xp ");
	put_hex(w, m->offset, 8);
	put(w, " 00:00 0 ");
	put_path(w, m->path, m->path_bytes);
	put(w, "\n");
}

/* A module that was unloaded and has another at its place now is left out: its addresses would be
 * named by the other. */
static bool is_covered(const struct layout_view *view, const struct layout_module *gone)
{
	const struct layout_module *m;
	uint64_t at = 0;

	while ((m = layout_next_module(view, &at)) != NULL) {
		if (m != gone && m->start < gone->end && gone->start < m->end &&
		    (atomic_load_relaxed(&m->gone) == 0 || m > gone)) {
			return true;
		}
	}
	return false;
}

static void put_modules(struct writer *w, const struct layout_view *view)
{
	const struct layout_module *m;
	uint64_t at = 0;

	put(w, "MAPPED_LIBRARIES:\n");
	while ((m = layout_next_module(view, &at)) != NULL) {
		if (atomic_load_relaxed(&m->gone) == 0 || !is_covered(view, m)) {
			put_module(w, m);
		}
	}
}

int heap_v2_write(int fd, const struct layout_view *view, const char *reason)
{
	struct writer w = {.fd = fd, .limit = UINT64_MAX};
	struct totals sum = {0};
	struct layout_sample sample;
	struct rlimit limit;
	uint64_t index = 0, rate = rate_of(view->header);

	w.text = fmt_on(buffer, sizeof(buffer));
	if (sys_getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
		w.limit = limit.rlim_cur;
	}
	put_header(&w, &sum, rate);
	put_comments(&w, view->header, reason);
	put_failures(&w, view);
	while (w.error == 0 && layout_next_sample(view, &index, &sample)) {
		put_sample(&w, &sample, rate, &sum);
	}
	put(&w, "# held ");
	put_dec(&w, sum.held);
	put(&w, "\n");
	put_modules(&w, view);
	put(&w, "# end\n");
	flush(&w);
	if (w.error == 0) {
		put_header(&w, &sum, rate);
		ssize_t n = sys_pwrite(fd, buffer, w.text.len, 0);

		w.error = n < 0 ? (int)n : n != (ssize_t)w.text.len ? -EIO : 0;
	}
	return w.error;
}
