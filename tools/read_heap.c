/* SPDX-License-Identifier: Apache-2.0 */
/* One pass, a line at a time, over three sections: the header line, the samples, the mappings.
 * A cursor never leaves its line, so nothing here can read past the text; every number is checked
 * for overflow when it is read, and memory grows only with what was read.
 *
 * A line is complete when a newline follows it. The last piece without one is dropped and the
 * text counted as cut: a number at its end may have lost digits and would be believed. */
#include "read_heap.h"

#include "estimate.h"
#include "mem.h"
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cursor {
	const char *at, *end;
};

struct reader {
	struct profile *profile;
	struct cursor text; /* what is left */
	size_t line;	    /* number of the present line, from 1 */
	bool ours;	    /* a leaktrack dump: ends in '# end' */
	bool ended;
	uint64_t usable; /* for the next sample line; 0: not told */
	uint32_t *stack; /* locations of the present sample */
	size_t depth, room;
	struct profile_mapping mapping; /* the last one, not yet added */
	char *path, *build_id;		/* its strings, in a buffer of ours */
	bool has_mapping;
};

static void skip_blanks(struct cursor *c)
{
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\r')) {
		c->at++;
	}
}

/* Blanks, then this word; moves behind it or not at all. */
static bool take(struct cursor *c, const char *word)
{
	const size_t length = strlen(word);

	skip_blanks(c);
	if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0) {
		return false;
	}
	c->at += length;
	return true;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'a' && c <= 'f') {
		return c - 'a' + 10;
	}
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* Blanks, then at least one digit; false also when it does not fit into 64 bits. */
static bool take_number(struct cursor *c, unsigned base, uint64_t *number)
{
	uint64_t value = 0;
	bool any = false;

	skip_blanks(c);
	for (; c->at < c->end && digit_of(*c->at) < (int)base; c->at++) {
		if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit_of(*c->at), &value)) {
			return false;
		}
		any = true;
	}
	*number = value;
	return any;
}

static bool take_count(struct cursor *c, int64_t *count)
{
	uint64_t number;

	if (!take_number(c, 10, &number) || number > INT64_MAX) {
		return false;
	}
	*count = (int64_t)number;
	return true;
}

/* 'objects: bytes [ objects: bytes]' into pprof's order, allocated first. */
static bool take_values(struct cursor *c, int64_t raw[PROFILE_TYPES])
{
	return take_count(c, &raw[PROFILE_INUSE_OBJECTS]) && take(c, ":") &&
	       take_count(c, &raw[PROFILE_INUSE_SPACE]) && take(c, "[") &&
	       take_count(c, &raw[PROFILE_ALLOC_OBJECTS]) && take(c, ":") &&
	       take_count(c, &raw[PROFILE_ALLOC_SPACE]) && take(c, "]");
}

/* 'seconds.fraction', the latter to nine digits */
static bool take_time(struct cursor *c, int64_t *ns)
{
	int64_t seconds;
	int64_t unit = 100000000;

	if (!take_count(c, &seconds) || !take(c, ".") ||
	    __builtin_mul_overflow(seconds, 1000000000, ns) || *ns > INT64_MAX - 1000000000) {
		return false;
	}
	for (; c->at < c->end && digit_of(*c->at) < 10; c->at++) {
		*ns += unit * digit_of(*c->at);
		unit /= 10;
	}
	return true;
}

static const char *take_word(struct cursor *c, struct profile *profile)
{
	skip_blanks(c);
	const char *start = c->at;
	while (c->at < c->end && *c->at != ' ') {
		c->at++;
	}
	return profile_string(profile, start, (size_t)(c->at - start));
}

/* The next line that a newline ends; false at the end of the text. */
static bool next_line(struct reader *r, struct cursor *line)
{
	const size_t left = (size_t)(r->text.end - r->text.at);
	const char *newline = memchr(r->text.at, '\n', left);

	if (!newline) {
		return false;
	}
	*line = (struct cursor){r->text.at, newline};
	r->text.at = newline + 1;
	r->line++;
	return true;
}

static int bad(const struct reader *r, struct err *err, const char *what)
{
	return err_set(err, "line %zu: %s", r->line, what);
}

/* 'cut_stacks 1 lost_samples 2 …': words and numbers, in any order. */
static void read_counts(struct profile_about *about, struct cursor c)
{
	const struct {
		const char *word;
		uint64_t *to;
	} counts[] = {
		{"cut_stacks ", &about->cut_stacks}, {"lost_samples ", &about->lost_samples},
		{"lost_live ", &about->lost_live},   {"rate_changes ", &about->rate_changes},
		{"own_bytes ", &about->own_bytes},
	};
	uint64_t number;

	while (c.at < c.end) {
		for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
			if (take(&c, counts[i].word) && take_number(&c, 10, &number)) {
				*counts[i].to = number;
			}
		}
		skip_blanks(&c);
		while (c.at < c.end && *c.at != ' ') {
			c.at++;
		}
		skip_blanks(&c);
	}
}

/* Comments of ours: unknown ones and unknown words in them are somebody else's. */
static void read_comment(struct reader *r, struct cursor c)
{
	struct profile_about *about = &r->profile->about;
	uint64_t number;

	take(&c, "#");
	if (take(&c, "end")) {
		r->ended = true;
	} else if (take(&c, "usable ")) {
		r->usable = take_number(&c, 10, &number) ? number : 0;
	} else if (take(&c, "held ")) {
		about->held_bytes = take_number(&c, 10, &number) ? number : 0;
	} else if (take(&c, "leaktrack ")) {
		r->ours = true;
		about->version = take_word(&c, r->profile);
		if (take(&c, "pid ") && take_count(&c, &about->pid) && take(&c, "program ")) {
			about->program = profile_string(r->profile, c.at, (size_t)(c.end - c.at));
		}
	} else if (take(&c, "start ")) {
		if (take_time(&c, &about->start_ns) && take(&c, "dump ") &&
		    take_time(&c, &about->dump_ns) && take(&c, "reason ")) {
			about->reason = take_word(&c, r->profile);
		}
	} else if (take(&c, "failures ")) {
		about->failures = take_number(&c, 10, &number) ? number : 0;
		about->off = take(&c, "off ") ? take_word(&c, r->profile) : NULL;
	} else if (take(&c, "damaged ")) {
		about->partial = "damaged: some stacks are missing";
		about->partial_stacks = true;
	} else {
		read_counts(about, c);
	}
}

/* 'heap profile: … @ heap_v2/524288', or jemalloc's first line, 'heap_v2/524288' alone. */
static int read_header(struct reader *r, struct cursor c, struct err *err)
{
	struct profile_about *about = &r->profile->about;
	int64_t raw[PROFILE_TYPES] = {0};
	const bool jemalloc = !take(&c, "heap profile:");

	if (!jemalloc && (!take_values(&c, raw) || !take(&c, "@"))) {
		return bad(r, err, "not a heap profile's header");
	}
	about->rate = 1;
	if (take(&c, "heap_v2") || take(&c, "heapz_v2")) {
		if (take(&c, "/") && !take_number(&c, 10, &about->rate)) {
			return bad(r, err, "no sampling rate in the header");
		}
		about->scaled = about->rate > 1;
		return 0;
	}
	if (take(&c, "heapprofile")) {
		return 0;
	}
	return bad(r, err, "a kind of heap profile that is not known (heap_v2, heapprofile are)");
}

static int read_frames(struct reader *r, struct cursor c, struct err *err)
{
	uint64_t pc;

	r->depth = 0;
	for (;;) {
		skip_blanks(&c);
		if (c.at == c.end) {
			return 0;
		}
		if (!take(&c, "0x") || !take_number(&c, 16, &pc)) {
			return bad(r, err, "an address that is none");
		}
		if (pc != PROFILE_PC_ELIDED && pc != PROFILE_PC_CUT && pc) {
			pc--;
		}
		r->stack = mem_grow(r->stack, &r->room, r->depth + 1, sizeof *r->stack);
		r->stack[r->depth++] = profile_add_location(r->profile, pc, PROFILE_NONE);
	}
}

static int add_sample(struct reader *r, const int64_t raw[PROFILE_TYPES], struct err *err)
{
	uint64_t size = 0;

	for (int t = PROFILE_ALLOC_OBJECTS; t < PROFILE_TYPES; t += 2) {
		if (!raw[t] && raw[t + 1]) {
			return bad(r, err, "bytes without objects");
		}
		if (raw[t]) {
			size = (uint64_t)(raw[t + 1] / raw[t]);
		}
	}
	const uint32_t number = profile_add_stack(r->profile, r->stack, r->depth, size);
	struct profile_stack *stack = &r->profile->stacks[number];
	estimate_add(stack, raw, r->profile->about.scaled ? r->profile->about.rate : 1);
	stack->usable = r->usable;
	r->usable = 0;
	return 0;
}

static int read_sample(struct reader *r, struct cursor c, struct err *err)
{
	int64_t raw[PROFILE_TYPES];

	if (take(&c, "@")) {
		return read_frames(r, c, err);
	}
	if (take(&c, "t")) { /* jemalloc: 't*' is the sum of the stack above, 't3' one thread's */
		if (!take(&c, "*:")) {
			return 0;
		}
		if (!r->depth) {
			return 0; /* the first such line is the sum of everything */
		}
		return take_values(&c, raw) ? add_sample(r, raw, err)
					    : bad(r, err, "not the numbers of a sample");
	}
	if (!take_values(&c, raw) || !take(&c, "@")) {
		return bad(r, err, "neither a sample nor a comment");
	}
	return read_frames(r, c, err) ? -1 : add_sample(r, raw, err);
}

static void flush_mapping(struct reader *r)
{
	if (r->has_mapping) {
		r->mapping.path = r->path;
		r->mapping.build_id = r->build_id;
		profile_add_mapping(r->profile, &r->mapping);
	}
	free(r->path);
	free(r->build_id);
	r->path = r->build_id = NULL;
	r->has_mapping = false;
}

static char *copy(const char *from, const char *end)
{
	return mem_print("%.*s", end - from > 65536 ? 65536 : (int)(end - from), from);
}

/* The same range as the line before: one mapping, told in both forms. */
static void start_mapping(struct reader *r, uint64_t start, uint64_t end)
{
	if (r->has_mapping && r->mapping.start == start && r->mapping.end == end) {
		return;
	}
	flush_mapping(r);
	r->mapping = (struct profile_mapping){.start = start, .end = end};
	r->has_mapping = true;
}

/* ' path (@offset) build-id': the path may hold blanks, so it is found from the end. */
static void read_brief(struct reader *r, struct cursor c)
{
	struct cursor rest = c;
	struct cursor after = c;

	for (const char *at = c.at; at < c.end; at++) {
		if (*at == '(') {
			struct cursor try = {at, c.end};
			uint64_t offset;
			if (take(&try, "(@") && take_number(&try, 16, &offset) && take(&try, ")")) {
				rest.end = at;
				after = try;
				r->mapping.offset = offset;
			}
		}
	}
	if (rest.end == c.end) {
		return;
	}
	while (rest.end > rest.at && rest.end[-1] == ' ') {
		rest.end--;
	}
	if (!r->path && rest.end > rest.at) {
		r->path = copy(rest.at, rest.end);
	}
	skip_blanks(&after);
	if (!r->build_id && after.end - after.at >= 2) {
		r->build_id = copy(after.at, after.end);
	}
}

/* '26000 00:00 0   path': the path goes to the end of the line. */
static void read_proc(struct reader *r, struct cursor c)
{
	uint64_t number;

	if (!take_number(&c, 16, &r->mapping.offset) || !take_number(&c, 16, &number) ||
	    !take(&c, ":") || !take_number(&c, 16, &number) || !take_number(&c, 10, &number)) {
		return;
	}
	skip_blanks(&c);
	if (c.at < c.end) {
		free(r->path);
		r->path = copy(c.at, c.end);
	}
}

/* Lines that are no mapping are skipped, as pprof does: 'build=…' and the like. */
static void read_mapping(struct reader *r, struct cursor c)
{
	uint64_t start;
	uint64_t end;

	if (!take_number(&c, 16, &start) || !take(&c, "-") || !take_number(&c, 16, &end) ||
	    start >= end) {
		return;
	}
	const bool brief = take(&c, ":");
	skip_blanks(&c);
	const char *permissions = c.at;
	while (c.at < c.end && *c.at != ' ') {
		c.at++;
	}
	if (!memchr(permissions, 'x', (size_t)(c.at - permissions))) {
		return;
	}
	skip_blanks(&c);
	start_mapping(r, start, end);
	if (brief) {
		read_brief(r, c);
	} else {
		read_proc(r, c);
	}
}

static bool begins(struct cursor c, const char *word)
{
	return take(&c, word);
}

static bool starts_mappings(struct cursor line)
{
	return begins(line, "MAPPED_LIBRARIES:") || begins(line, "--- Memory map:");
}

static bool is_blank(struct cursor line)
{
	skip_blanks(&line);
	return line.at == line.end;
}

static void note_cut(struct reader *r, bool in_samples)
{
	const char *what = in_samples ? "cut after line %zu: later stacks are missing"
				      : "cut after line %zu: later mappings are missing";
	char text[80];

	snprintf(text, sizeof text, what, r->line);
	r->profile->about.partial = profile_string(r->profile, text, strlen(text));
	r->profile->about.partial_stacks = in_samples;
}

/* jemalloc without prof_accum: what was allocated is 0 in every line. */
static void note_no_alloc(struct profile *profile)
{
	bool inuse = false;

	for (size_t i = 0; i < profile->stack_count; i++) {
		if (profile->stacks[i].raw[PROFILE_ALLOC_OBJECTS]) {
			return;
		}
		inuse = inuse || profile->stacks[i].raw[PROFILE_INUSE_OBJECTS];
	}
	profile->about.no_alloc = inuse;
}

static int read_all(struct reader *r, struct err *err)
{
	struct cursor line;
	bool in_samples = true;

	if (!next_line(r, &line)) {
		return err_set(err, "cut in its first line");
	}
	if (read_header(r, line, err)) {
		return -1;
	}
	while (next_line(r, &line)) {
		progress_more((size_t)(line.end - line.at) + 1);
		if (is_blank(line)) {
			continue;
		}
		if (begins(line, "#")) {
			read_comment(r, line);
		} else if (!in_samples) {
			read_mapping(r, line);
		} else if (starts_mappings(line)) {
			in_samples = false;
		} else if (read_sample(r, line, err)) {
			return -1;
		}
	}
	flush_mapping(r);
	note_no_alloc(r->profile);
	if (in_samples || (r->ours && !r->ended) || r->text.at < r->text.end) {
		note_cut(r, in_samples);
	}
	profile_place(r->profile);
	return 0;
}

bool read_heap_is(const char *text, size_t length)
{
	struct cursor c = {text, text + length};

	return begins(c, "heap profile:") || begins(c, "heap_v2/");
}

int read_heap(const char *text, size_t length, struct profile *profile, struct err *err)
{
	struct reader reader = {.profile = profile, .text = {text, text + length}};
	const int result = read_all(&reader, err);

	free(reader.stack);
	free(reader.path);
	free(reader.build_id);
	return result;
}
