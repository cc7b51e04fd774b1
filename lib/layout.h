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
 *   a live slot counts only if it is not 0; then its entry is final
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
#define LAYOUT_VERSION	    3u
#define LAYOUT_EPOCHS	    64u	  /* rates that one process can have had */
#define LAYOUT_HEADER_BYTES 4096u /* the header's own pages, at offset 0 */
#define LAYOUT_NAME_MAX	    1024u /* the program's path */

enum layout_region {
	LAYOUT_MODULES,	      /* struct layout_module, one after the other */
	LAYOUT_ENTRIES,	      /* struct layout_entry[] */
	LAYOUT_FRAMES,	      /* struct layout_frames, one after the other, each on 8 bytes */
	LAYOUT_LIVE,	      /* uint64_t[], levels of cache lines: see below */
	LAYOUT_ENTRIES_INDEX, /* uint64_t[], private to index.c: a reader walks the arrays */
	LAYOUT_FRAMES_INDEX,
	LAYOUT_REGIONS
};

/* Why sampling was switched off for good. lib/failure.h says what leads there. */
enum layout_off {
	LAYOUT_OFF_NOT,
	LAYOUT_OFF_RULE,    /* an unwind rule that cannot be */
	LAYOUT_OFF_TABLE,   /* a damaged table */
	LAYOUT_OFF_UNWIND,  /* no stack can be walked */
	LAYOUT_OFF_SCRATCH, /* no room to walk a stack any more */
	LAYOUT_OFF_STATE,   /* no state file to be had */
	LAYOUT_OFF_REASONS
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
	uint64_t failures;     /* what went wrong inside (lib/failure.h) */
};

/* How stacks.c finds records again (index.c). No reader needs it. */
struct layout_index {
	uint64_t where; /* the current one: byte offset in its window << 8 | log2(slots); 0: none */
	uint32_t growing; /* 0, or somebody is making the next one; + who came by since */
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
	uint32_t finished; /* 1: the process wrote its last dump itself, or wants none */
	uint64_t start_ns; /* CLOCK_REALTIME when the file was made */
	uint64_t spare;
	uint32_t epoch; /* index into rates: what new samples are taken at */
	uint32_t off;	/* enum layout_off: sampling was switched off after failures */
	uint64_t rates[LAYOUT_EPOCHS];
	struct layout_counts counts;
	struct layout_window windows[LAYOUT_REGIONS];
	struct layout_index entries_index, frames_index;
	uint64_t live_newest; /* where the newest level begins << 16 | its number + 1 << 8 |
				 log2(lines) */
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

/* One (stack, size, epoch): a cache line. Where threads share a hot one, each has an entry of its
 * own for it, its shard, so that they do not write one line in turns; those are a list that begins
 * at shard 0, and one sample to a reader. */
struct layout_entry {
	uint32_t frames; /* offset in LAYOUT_FRAMES / 8 */
	uint32_t hash;	 /* stacks.c only */
	uint32_t epoch;
	uint32_t shard;	 /* 0, or it is found by the list of another */
	uint64_t size;	 /* bytes asked for, as one block */
	uint64_t slack;	 /* usable size - size of the first such block */
	uint64_t allocs; /* samples taken */
	uint64_t frees;	 /* samples freed */
	uint32_t next;	 /* the next shard's index + 1; 0: none */
	uint32_t spare[3];
};

#define LAYOUT_SHARDS_MOST 256u /* in one list; more are a damaged file */

/* One set of frames, shared by all sizes: `count` return addresses, innermost first, each as the
 * difference to the one before (the first to 0) in zigzag LEB128: 4 bytes a frame, not 8. */
struct layout_frames {
	uint32_t hash; /* stacks.c only */
	uint16_t count;
	uint16_t bytes;
	uint8_t data[];
};

_Static_assert(sizeof(struct layout_window) == 32, "layout");
_Static_assert(sizeof(struct layout_module) == 72, "layout");
_Static_assert(sizeof(struct layout_entry) == 64, "layout");
_Static_assert(sizeof(struct layout_frames) == 8, "layout");
_Static_assert(offsetof(struct layout_header, rates) == 72, "layout");
_Static_assert(offsetof(struct layout_header, counts) == 72 + 512, "layout");
_Static_assert(offsetof(struct layout_header, windows) == 624, "layout");
_Static_assert(offsetof(struct layout_header, entries_index) == 816, "layout");
_Static_assert(offsetof(struct layout_header, name) == 860, "layout");
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

/* layout_off_word - a reason as dumps have it, NULL for LAYOUT_OFF_NOT and for what is none.
 * Context: dump. */
static inline const char *layout_off_word(uint32_t off)
{
	static const char *const words[LAYOUT_OFF_REASONS] = {
		[LAYOUT_OFF_RULE] = "rule",	[LAYOUT_OFF_TABLE] = "table",
		[LAYOUT_OFF_UNWIND] = "unwind", [LAYOUT_OFF_SCRATCH] = "scratch",
		[LAYOUT_OFF_STATE] = "state",
	};

	return off < LAYOUT_OFF_REASONS ? words[off] : NULL;
}

/* One entry's counts with those of its shards, read in the order that keeps frees <= allocs. */
struct layout_sample {
	const struct layout_frames *frames;
	uint64_t size, slack, rate;
	uint64_t allocs, frees;
};

/* layout_next_shard - the entry after @e in its list, or NULL; @index: of @e. Context: dump. */
static inline const struct layout_entry *
layout_next_shard(const struct layout_entry *entries, uint64_t count, const struct layout_entry *e)
{
	uint32_t next = atomic_load_acquire(&e->next); /* PAIR shard: add_shard() */

	return next == 0 || next > count || entries[next - 1].shard == 0 ? NULL
									 : &entries[next - 1];
}

static inline void layout_count(const struct layout_entry *entries, uint64_t count,
				const struct layout_entry *first, struct layout_sample *out)
{
	const struct layout_entry *e = first;

	out->frees = out->allocs = 0;
	for (unsigned i = 0; e != NULL && i < LAYOUT_SHARDS_MOST; i++) {
		out->frees += atomic_load_acquire(&e->frees); /* PAIR frees: stacks_free() */
		e = layout_next_shard(entries, count, e);
	}
	e = first;
	for (unsigned i = 0; e != NULL && i < LAYOUT_SHARDS_MOST; i++) {
		out->allocs += atomic_load_acquire(&e->allocs); /* PAIR allocs: stacks_alloc() */
		e = layout_next_shard(entries, count, e);
	}
	if (out->frees > out->allocs) {
		out->frees = out->allocs;
	}
}

/* layout_frames_of - the frames of an entry that counts; NULL where it cannot be one: frames
 * outside of the region, an epoch that is none. Context: dump. */
static inline const struct layout_frames *layout_frames_of(const struct layout_view *view,
							   const struct layout_entry *e)
{
	uint64_t bytes, at = (uint64_t)e->frames * 8;
	const uint8_t *frames = layout_region(view, LAYOUT_FRAMES, &bytes);

	if (e->epoch >= LAYOUT_EPOCHS || frames == NULL ||
	    at + sizeof(struct layout_frames) > bytes) {
		return NULL;
	}
	const struct layout_frames *f = (const void *)(frames + at);

	return at + sizeof(*f) + f->bytes <= bytes ? f : NULL;
}

/* layout_next_sample - walk the stack table
 * @index  start with 0; moved on past the sample that was found
 * Returns false at the end. Samples without allocations are skipped, and such as a damaged file
 * has (layout_damaged). Context: dump. */
static inline bool layout_next_sample(const struct layout_view *view, uint64_t *index,
				      struct layout_sample *out)
{
	uint64_t bytes;
	const struct layout_entry *entries =
		(const void *)layout_region(view, LAYOUT_ENTRIES, &bytes);
	uint64_t count = bytes / sizeof(*entries);

	for (; *index < count; ++*index) {
		const struct layout_entry *e = &entries[*index];

		layout_count(entries, count, e, out);
		/* Being written, if it is new: nothing else of it may be read. The list was read
		 * first: an entry that has one has its shard's number. */
		if (atomic_load_acquire(&e->allocs) == 0 || e->shard != 0) {
			continue;
		}
		out->frames = layout_frames_of(view, e);
		if (out->frames == NULL) {
			continue;
		}
		out->size = e->size;
		out->slack = e->slack;
		out->rate = view->header->rates[e->epoch];
		++*index;
		return true;
	}
	return false;
}

/* layout_damaged - how many entries there are that cannot be. Context: dump. */
static inline uint64_t layout_damaged(const struct layout_view *view)
{
	uint64_t bytes, damaged = 0;
	const struct layout_entry *entries =
		(const void *)layout_region(view, LAYOUT_ENTRIES, &bytes);

	for (uint64_t i = 0; i < bytes / sizeof(*entries); i++) {
		/* PAIR allocs: stacks_alloc() */
		damaged += atomic_load_acquire(&entries[i].allocs) != 0 &&
			   layout_frames_of(view, &entries[i]) == NULL;
	}
	return damaged;
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

/* The live table: levels of cache lines, each line eight slots. A slot is a word: 0, or one sampled
 * block in use,
 *     bits 0 to 23:  index in LAYOUT_ENTRIES, + 1
 *     bit 24:        1: it stands in its second pair of lines
 *     bits 25 to 63: what of the block's address its place does not tell
 * An address has 47 bits and is a multiple of 8: which 64 bytes it lies in (41 bits, mixed by a
 * permutation) and which word of those (3 bits). The upper of the 41 bits are the number of its
 * pair of lines in a level, and need not stand in the slot as far as the smallest level tells them
 * (5 bits). The second pair's number is the first's XOR a hash of what stands in the slot. So
 * blocks that are neighbours are neighbours here. */
#define LAYOUT_LINE	       8u /* slots in a line */
#define LAYOUT_LIVE_LOG2       6u /* of the lines in level 0: one page */
#define LAYOUT_LIVE_ENTRY_BITS 24u
#define LAYOUT_LIVE_SECOND     (1ull << LAYOUT_LIVE_ENTRY_BITS)
#define LAYOUT_LIVE_MIX_1      0x51f42d4c957f2dull
#define LAYOUT_LIVE_MIX_2      0x45f4914f6cdd1dull

struct layout_live_key {
	uint64_t place; /* the 41 bits, mixed, as the upper ones of 64 */
	uint64_t tag;	/* the slot's word in the first pair, without the entry */
	uint32_t half;	/* which line of a pair is tried first */
};

/* layout_live_key - Context: hot. */
static inline struct layout_live_key layout_live_key(uint64_t addr)
{
	uint64_t place = (addr >> 6) * LAYOUT_LIVE_MIX_1 << 23;

	place ^= place >> 44 << 23;
	place *= LAYOUT_LIVE_MIX_2;
	return (struct layout_live_key){
		.place = place,
		.tag = (addr >> 3) << 61 | place << 5 >> 3,
		.half = addr >> 5 & 1,
	};
}

/* layout_live_fits - whether a word can tell the two. Context: hot. */
static inline bool layout_live_fits(uint64_t addr, uint32_t entry)
{
	return addr >> 47 == 0 && addr % 8 == 0 && entry < (1u << LAYOUT_LIVE_ENTRY_BITS) - 1;
}

static inline uint32_t layout_live_entry(uint64_t word)
{
	return (uint32_t)(word & ((1u << LAYOUT_LIVE_ENTRY_BITS) - 1)) - 1;
}

/* layout_live_turn - the XOR of the numbers of the two pairs. Context: hot. */
static inline uint64_t layout_live_turn(uint64_t tag, uint32_t log2)
{
	return (tag & ~(LAYOUT_LIVE_SECOND * 2 - 1)) * 0x9e3779b97f4a7c15u >> (65 - log2);
}

/* layout_live_most - log2 of the lines in the largest levels: a sixteenth part of the budget.
 * layout_live_log2 - of those in a level: each is four times the one before, up to that.
 * layout_live_at - where a level begins, in bytes. Context: sample. */
static inline uint32_t layout_live_most(const struct layout_header *h)
{
	uint32_t log2 = 63 - (uint32_t)__builtin_clzll(h->budget / 16 / 64 | 1);

	return log2 < LAYOUT_LIVE_LOG2 ? LAYOUT_LIVE_LOG2 : log2;
}

static inline uint32_t layout_live_log2(uint32_t most, uint32_t level)
{
	uint32_t log2 = LAYOUT_LIVE_LOG2 + 2 * level;

	return log2 < most ? log2 : most;
}

static inline uint64_t layout_live_at(uint32_t most, uint32_t level)
{
	uint32_t growing = (most - LAYOUT_LIVE_LOG2 + 1) / 2;
	uint32_t small = level < growing ? level : growing;

	return (((1ull << (2 * small & 63)) / 3 << LAYOUT_LIVE_LOG2) +
		((uint64_t)(level - small) << most)) *
	       LAYOUT_LINE * sizeof(uint64_t);
}

/* A walk through the live table: start with zeroes. */
struct layout_live_walk {
	uint32_t level;
	uint64_t slot; /* in it */
};

/* The inverse of an odd number modulo 2^64: each round doubles the bits that are right. */
static inline uint64_t layout_inverse(uint64_t k)
{
	uint64_t inverse = k;

	for (int i = 0; i < 6; i++) {
		inverse *= 2 - k * inverse;
	}
	return inverse;
}

static inline uint64_t layout_live_addr(uint64_t word, uint64_t slot, uint32_t log2)
{
	uint64_t pair = slot / LAYOUT_LINE / 2, place;

	if ((word & LAYOUT_LIVE_SECOND) != 0) {
		pair ^= layout_live_turn(word, log2);
	}
	place = pair << (65 - log2) >> 59 << 59 | word << 3 >> 28 << 23;
	place *= layout_inverse(LAYOUT_LIVE_MIX_2);
	place ^= place >> 44 << 23;
	place = (place >> 23) * layout_inverse(LAYOUT_LIVE_MIX_1) & ((1ull << 41) - 1);
	return place << 6 | word >> 61 << 3;
}

/* layout_next_live - the next block in use that the table holds, and its entry
 * Returns false at the end. Context: dump. */
static inline bool layout_next_live(const struct layout_view *view, struct layout_live_walk *walk,
				    uint64_t *addr, uint32_t *entry)
{
	uint32_t most = layout_live_most(view->header);
	uint64_t bytes;
	const uint8_t *base = layout_region(view, LAYOUT_LIVE, &bytes);

	while (layout_live_at(most, walk->level + 1) <= bytes) {
		uint32_t log2 = layout_live_log2(most, walk->level);
		const uint64_t *slots = (const void *)(base + layout_live_at(most, walk->level));

		while (walk->slot < (uint64_t)LAYOUT_LINE << log2) {
			/* PAIR live: live_add() */
			uint64_t word = atomic_load_acquire(&slots[walk->slot]);

			if (word != 0) {
				*addr = layout_live_addr(word, walk->slot++, log2);
				*entry = layout_live_entry(word);
				return true;
			}
			walk->slot++;
		}
		walk->slot = 0;
		walk->level++;
	}
	return false;
}

#endif
