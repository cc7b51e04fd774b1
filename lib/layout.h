/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.h - the state file: its fields, and the one way to read it
 *
 * A profile is two tables. The stack table counts: one entry for each (stack, block size, epoch),
 * with allocations and frees. The live table remembers: sampled block -> entry, until it is freed.
 * Both live in one shared mapping, the state file, so that the profile outlives the process: its
 * dump, the keeper and the tools all read it, by the functions at the end of this header.
 *
 * The file is sparse. Each region has a window of its own, as large as the whole memory budget, and
 * of each window only the first `reserved` bytes may be touched; the budget bounds their sum.
 * So tables are plain arrays that never move. Invariants, true at every moment, also if the writer
 * is killed between two instructions:
 *   used <= reserved <= window for each region;  sum of reserved <= budget
 *   an entry counts only if allocs != 0; then frames, size and epoch are final
 *   frees <= allocs for each entry (allocs is raised before a block can be freed)
 *   a live slot counts only if addr > LAYOUT_SLOT_CLAIMED; then its entry is final
 *   modules below `used` are final, but for `gone`
 *
 * In use of an entry = allocs - frees. Its true number is estimated by count / P(size), with
 * P(s) = 1 - exp(-s / rate) and the rate of the entry's epoch (layout_header.rates): each sample is
 * one of 1/P blocks. rate 1 means that everything was recorded: P = 1.
 */
#ifndef LEAKTRACK_LAYOUT_H
#define LEAKTRACK_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "atomics.h"

#define LAYOUT_MAGIC	    0x4b43415254414b4cu /* "LKATRACK", little endian: also tells byte order */
#define LAYOUT_VERSION	    1u
#define LAYOUT_EPOCHS	    64u	  /* rates that one process can have had */
#define LAYOUT_HEADER_BYTES 4096u /* the header's own pages, at offset 0 */
#define LAYOUT_NAME_MAX	    1024u /* the program's path */

enum layout_region {
	LAYOUT_MODULES,	      /* struct layout_module, one after the other */
	LAYOUT_ENTRIES,	      /* struct layout_entry[] */
	LAYOUT_FRAMES,	      /* struct layout_frames, one after the other, each on 8 bytes */
	LAYOUT_LIVE,	      /* struct layout_slot[], levels of doubling size (live.c) */
	LAYOUT_ENTRIES_INDEX, /* uint64_t[], private to index.c: a reader walks the arrays */
	LAYOUT_FRAMES_INDEX,
	LAYOUT_REGIONS
};

/* One region. Written by state.c (reserved) and the region's module (used), under CAS; read by all.
 */
struct layout_window {
	uint64_t offset;   /* where the window begins in the file; final */
	uint64_t size;	   /* how large it may grow; final */
	uint64_t reserved; /* how much of it may be touched */
	uint64_t used;	   /* how much of it holds records */
};

/* The losses and marks that dumps show. Each is added to by any thread, relaxed. */
struct layout_counts {
	uint64_t cut_stacks;   /* samples whose stack could not be walked to its end */
	uint64_t lost_samples; /* due, but not recorded: re-entry, no memory, no stack room */
	uint64_t lost_live;    /* due, but the live table was full */
	uint64_t replaced;     /* blocks freed unseen: their address came again from malloc */
	uint64_t failures;     /* internal checks that failed; too many switch sampling off */
};

/* How stacks.c finds records again (index.c). No reader needs it. */
struct layout_index {
	uint64_t where; /* the current one: byte offset in its window << 8 | log2(slots); 0: none */
	uint32_t growing; /* 1: somebody is making the next one */
	uint32_t count;	  /* records in it */
};

struct layout_header {
	uint64_t magic;
	uint32_t version;
	uint32_t header_bytes;
	uint64_t file_bytes; /* the mapping, sparse */
	uint64_t budget;     /* the most that all regions may reserve together */
	uint64_t reserved;   /* what they have reserved together, with the header */
	uint32_t pid;
	uint32_t finished;   /* 1: the process wrote its last dump itself, or wants none */
	uint64_t start_ns;   /* CLOCK_REALTIME when the file was made */
	uint64_t start_mono; /* CLOCK_MONOTONIC_COARSE seconds, zero of layout_slot.born */
	uint32_t epoch;	     /* index into rates: what new samples are taken at */
	uint32_t off;	     /* 1: sampling was switched off after failures */
	uint64_t rates[LAYOUT_EPOCHS];
	struct layout_counts counts;
	struct layout_window windows[LAYOUT_REGIONS];
	struct layout_index entries_index, frames_index;
	uint32_t live_levels; /* how many levels the live table has */
	uint32_t name_bytes;
	char name[LAYOUT_NAME_MAX]; /* the program's path, not ended by 0 */
};

/* A loaded module that a recorded stack passes through. Executable segment only. */
struct layout_module {
	uint32_t bytes;	     /* of this record, a multiple of 8 */
	uint32_t generation; /* of the module list when it was recorded (modules.h) */
	uint64_t start, end; /* addresses of the segment */
	uint64_t offset;     /* where the segment begins in its file */
	uint32_t gone;	     /* 1: unloaded since */
	uint16_t path_bytes;
	uint16_t build_id_bytes; /* 0: none */
	uint8_t build_id[32];
	char path[]; /* path_bytes, not ended by 0; empty for code that belongs to no file */
};

/* One (stack, size, epoch). */
struct layout_entry {
	uint32_t frames; /* offset in LAYOUT_FRAMES / 8 */
	uint32_t epoch;
	uint64_t size;	 /* bytes asked for, as one block */
	uint64_t slack;	 /* usable size - size of the first such block */
	uint64_t allocs; /* samples taken */
	uint64_t frees;	 /* samples freed */
};

/* One set of frames, shared by all sizes: `count` return addresses, innermost first, each as the
 * difference to the one before (the first to 0) in zigzag LEB128: 4 bytes a frame, not 8. */
struct layout_frames {
	uint32_t hash; /* stacks.c only */
	uint16_t count;
	uint16_t bytes;
	uint8_t data[];
};

/* One sampled block in use. */
struct layout_slot {
	uint64_t addr;	/* 0 free, LAYOUT_SLOT_CLAIMED being written, else the block */
	uint32_t entry; /* index in LAYOUT_ENTRIES */
	uint32_t born;	/* seconds since start_mono */
};

#define LAYOUT_SLOT_CLAIMED 1u

_Static_assert(sizeof(struct layout_window) == 32, "layout");
_Static_assert(sizeof(struct layout_module) == 72, "layout");
_Static_assert(sizeof(struct layout_entry) == 40, "layout");
_Static_assert(sizeof(struct layout_frames) == 8, "layout");
_Static_assert(sizeof(struct layout_slot) == 16, "layout");
_Static_assert(offsetof(struct layout_header, rates) == 72, "layout");
_Static_assert(offsetof(struct layout_header, counts) == 72 + 512, "layout");
_Static_assert(offsetof(struct layout_header, windows) == 624, "layout");
_Static_assert(offsetof(struct layout_header, entries_index) == 816, "layout");
_Static_assert(offsetof(struct layout_header, name) == 856, "layout");
_Static_assert(sizeof(struct layout_header) <= LAYOUT_HEADER_BYTES, "layout");

/* A state file as one looks at it: mapped for writing by the process, read only by anyone else, or
 * copied from a file that may have been cut (then `bytes` is less than header->file_bytes). */
struct layout_view {
	const struct layout_header *header;
	uint64_t bytes; /* how much of the file is there */
};

/* layout_open - is this a state file that we can read?
 * Returns NULL when it is, else what is wrong with it, in a few words.
 * Context: dump; allocates nothing, reads only the header. */
static inline const char *layout_open(struct layout_view *view, const void *base, uint64_t bytes)
{
	const struct layout_header *h = base;

	if (bytes < LAYOUT_HEADER_BYTES) {
		return "too short for a state file";
	}
	/* PAIR magic: write_header() */
	if (atomic_load_acquire(&h->magic) != LAYOUT_MAGIC) {
		return "not a state file";
	}
	if (h->version != LAYOUT_VERSION) {
		return "a state file of another version of leaktrack";
	}
	if (h->header_bytes != LAYOUT_HEADER_BYTES || h->epoch >= LAYOUT_EPOCHS ||
	    h->name_bytes > LAYOUT_NAME_MAX) {
		return "a damaged state file";
	}
	view->header = h;
	view->bytes = bytes;
	return NULL;
}

/* layout_region - the records of one region: its first byte, and how many bytes may be read.
 * Never more than the view holds, whatever the header says. Context: sample. */
static inline const uint8_t *layout_region(const struct layout_view *view, enum layout_region which,
					   uint64_t *bytes)
{
	const struct layout_window *w = &view->header->windows[which];
	/* PAIR region: state_take(): records below `used` lie in touched memory. */
	uint64_t used = atomic_load_acquire(&w->used);
	uint64_t reserved = atomic_load_relaxed(&w->reserved);

	if (used > reserved) {
		used = reserved;
	}
	if (w->offset >= view->bytes || w->offset % 8 != 0) {
		used = 0;
	} else if (used > view->bytes - w->offset) {
		used = view->bytes - w->offset;
	}
	*bytes = used;
	return used == 0 ? NULL : (const uint8_t *)view->header + w->offset;
}

/* One entry's counts, read in the order that keeps frees <= allocs. */
struct layout_sample {
	const struct layout_frames *frames;
	uint64_t size, slack, rate;
	uint64_t allocs, frees;
};

/* layout_next_sample - walk the stack table
 * @index  start with 0; moved on past the sample that was found
 * Returns false at the end. Samples without allocations are skipped, and such as a damaged file
 * has: frames outside of the region, an epoch that is none. Context: dump. */
static inline bool layout_next_sample(const struct layout_view *view, uint64_t *index,
				      struct layout_sample *out)
{
	uint64_t bytes, frames_bytes;
	const struct layout_entry *entries =
		(const void *)layout_region(view, LAYOUT_ENTRIES, &bytes);
	const uint8_t *frames = layout_region(view, LAYOUT_FRAMES, &frames_bytes);

	for (; *index < bytes / sizeof(*entries); ++*index) {
		const struct layout_entry *e = &entries[*index];
		uint64_t frees = atomic_load_acquire(&e->frees);   /* PAIR frees: stacks_free() */
		uint64_t allocs = atomic_load_acquire(&e->allocs); /* PAIR allocs: stacks_alloc() */

		if (allocs == 0) {
			continue; /* maybe being written: nothing else of it may be read */
		}
		uint64_t at = (uint64_t)e->frames * 8;

		if (e->epoch >= LAYOUT_EPOCHS || frames == NULL ||
		    at + sizeof(struct layout_frames) > frames_bytes) {
			continue;
		}
		out->frames = (const void *)(frames + at);
		if (at + sizeof(struct layout_frames) + out->frames->bytes > frames_bytes) {
			continue;
		}
		out->size = e->size;
		out->slack = e->slack;
		out->rate = view->header->rates[e->epoch];
		out->allocs = allocs;
		out->frees = frees < allocs ? frees : allocs;
		++*index;
		return true;
	}
	return false;
}

/* Decodes a layout_frames one address at a time. */
struct layout_cursor {
	const uint8_t *at, *end;
	uint64_t pc;
};

static inline struct layout_cursor layout_cursor(const struct layout_frames *frames)
{
	return (struct layout_cursor){.at = frames->data, .end = frames->data + frames->bytes};
}

/* layout_next_pc - false at the end, or where the bytes make no number. Context: sample. */
static inline bool layout_next_pc(struct layout_cursor *c, uint64_t *pc)
{
	uint64_t zigzag = 0;
	unsigned shift = 0;

	while (c->at < c->end && shift < 64) {
		uint8_t byte = *c->at++;

		zigzag |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0) {
			c->pc += (zigzag >> 1) ^ (0 - (zigzag & 1));
			*pc = c->pc;
			return true;
		}
		shift += 7;
	}
	return false;
}

/* layout_next_module - walk the module table; @at starts with 0. False at the end, and where a
 * record does not fit. Context: sample. */
static inline const struct layout_module *layout_next_module(const struct layout_view *view,
							     uint64_t *at)
{
	uint64_t bytes;
	const uint8_t *base = layout_region(view, LAYOUT_MODULES, &bytes);

	if (*at > bytes || bytes - *at < sizeof(struct layout_module)) {
		return NULL;
	}
	const struct layout_module *m = (const void *)(base + *at);

	if (m->bytes < sizeof(*m) || m->bytes % 8 != 0 || m->bytes > bytes - *at ||
	    m->path_bytes > m->bytes - sizeof(*m) || m->build_id_bytes > sizeof(m->build_id)) {
		return NULL;
	}
	*at += m->bytes;
	return m;
}

#endif
