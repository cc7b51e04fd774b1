/* SPDX-License-Identifier: Apache-2.0 */
/* The same walk as the dump's, through the functions of layout.h, into the model instead of text.
 *
 * The file may be caught between two instructions of a running process: layout.h says what holds
 * then. A module record may come after the samples that pass through it, so places are found at
 * the end. Of two modules at the same range the later one wins: the earlier was unloaded. */
#include "read_state.h"

#include "estimate.h"
#include "lib/layout.h"
#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool read_state_is(const char *bytes, size_t count)
{
	const uint64_t magic = LAYOUT_MAGIC;

	return count >= sizeof magic && !memcmp(bytes, &magic, sizeof magic);
}

static int64_t limited(uint64_t number)
{
	return number > INT64_MAX ? INT64_MAX : (int64_t)number;
}

static void read_about(const struct layout_header *header, struct profile *profile)
{
	struct profile_about *about = &profile->about;
	char version[40];

	snprintf(version, sizeof version, "state file version %u", header->version);
	about->version = profile_string(profile, version, strlen(version));
	about->program =
		profile_string(profile, header->name, strnlen(header->name, header->name_bytes));
	about->pid = header->pid;
	about->is_state = true;
	about->start_ns = limited(header->start_ns);
	about->rate = header->rates[header->epoch];
	about->scaled = about->rate > 1;
	about->rate_changes = header->epoch;
	about->cut_stacks = header->counts.cut_stacks;
	about->lost_samples = header->counts.lost_samples;
	about->lost_live = header->counts.lost_live;
	about->own_bytes = header->reserved;
	about->failures = header->counts.failures;
	about->off = layout_off_word(header->off);
}

/* Windows that do not begin on 8 bytes would make every record in them misaligned. */
static bool is_aligned(const struct layout_header *header)
{
	for (int i = 0; i < LAYOUT_REGIONS; i++) {
		if (header->windows[i].offset % 8) {
			return false;
		}
	}
	return true;
}

static void read_modules(const struct layout_view *view, struct profile *profile)
{
	static const char hex[] = "0123456789abcdef";
	const struct layout_module *module;
	uint64_t bytes;
	uint64_t at = 0;

	if (!layout_region(view, LAYOUT_MODULES, &bytes)) {
		return;
	}
	while ((module = layout_next_module(view, &at))) {
		char build_id[2 * sizeof module->build_id + 1] = "";
		for (size_t i = 0; i < module->build_id_bytes; i++) {
			build_id[2 * i] = hex[module->build_id[i] >> 4];
			build_id[2 * i + 1] = hex[module->build_id[i] & 15];
		}
		char *path = mem_print("%.*s", (int)module->path_bytes, module->path);
		const struct profile_mapping mapping = {
			.start = module->start,
			.end = module->end,
			.offset = module->offset,
			.path = *path ? path : NULL,
			.build_id = *build_id ? build_id : NULL,
		};
		if (mapping.start < mapping.end) {
			profile_add_mapping(profile, &mapping);
		}
		free(path);
	}
}

struct frames {
	uint32_t *at;
	size_t count, room;
};

static void read_frames(const struct layout_frames *from, struct profile *profile,
			struct frames *frames)
{
	struct layout_cursor cursor = layout_cursor(from);
	uint64_t pc;

	frames->count = 0;
	while (layout_next_pc(&cursor, &pc)) {
		if (pc != PROFILE_PC_ELIDED && pc != PROFILE_PC_CUT && pc) {
			pc--;
		}
		frames->at =
			mem_grow(frames->at, &frames->room, frames->count + 1, sizeof *frames->at);
		frames->at[frames->count++] = profile_add_location(profile, pc, PROFILE_NONE);
	}
}

/* False when the numbers cannot be: a damaged entry. */
static bool add_sample(const struct layout_sample *sample, struct profile *profile,
		       const struct frames *frames)
{
	const uint64_t size = sample->size ? sample->size : 1;
	const uint64_t live = sample->allocs - sample->frees;
	int64_t raw[PROFILE_TYPES];

	if (sample->allocs > INT64_MAX ||
	    __builtin_mul_overflow(sample->allocs, size, &raw[PROFILE_ALLOC_SPACE]) ||
	    __builtin_mul_overflow(live, size, &raw[PROFILE_INUSE_SPACE])) {
		return false;
	}
	raw[PROFILE_ALLOC_OBJECTS] = (int64_t)sample->allocs;
	raw[PROFILE_INUSE_OBJECTS] = (int64_t)live;
	const uint32_t number = profile_add_stack(profile, frames->at, frames->count, size);
	struct profile_stack *stack = &profile->stacks[number];
	estimate_add(stack, raw, sample->rate);
	stack->usable = profile_sum(limited(size), limited(sample->slack)) > 0
				? (uint64_t)profile_sum(limited(size), limited(sample->slack))
				: 0;
	return true;
}

int read_state(const char *bytes, size_t count, struct profile *profile, struct err *err)
{
	struct layout_view view;
	struct layout_sample sample;
	struct frames frames = {0};
	uint64_t index = 0;
	uint64_t damaged = 0;

	const char *problem = layout_open(&view, bytes, count);
	if (!problem && !is_aligned(view.header)) {
		problem = "a damaged state file";
	}
	if (problem) {
		return err_set(err, "%s", problem);
	}
	read_about(view.header, profile);
	while (layout_next_sample(&view, &index, &sample)) {
		read_frames(sample.frames, profile, &frames);
		damaged += !add_sample(&sample, profile, &frames);
	}
	damaged += layout_damaged(&view);
	free(frames.at);
	read_modules(&view, profile);
	profile_place(profile);
	if (count < view.header->file_bytes || damaged) {
		profile->about.partial =
			damaged ? "damaged: some stacks are missing" : "cut: stacks may be missing";
		profile->about.partial_stacks = true;
	}
	return 0;
}
