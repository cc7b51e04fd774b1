/* SPDX-License-Identifier: Apache-2.0 */
/* model - small labelled profiles for tests, written as text
 *
 * A stack is 'name@file:line;name@file:line;…', innermost first. A frame that ends in '^' is
 * inlined into the next one. The same frame text in the same mapping is the same location. */
#ifndef LEAKTRACK_TESTS_MODEL_H
#define LEAKTRACK_TESTS_MODEL_H

#include "estimate.h"
#include "finder.h"
#include "mem.h"
#include "profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline uint32_t model_mapping(struct profile *profile, uint64_t start, const char *path,
				     const char *build_id)
{
	const struct profile_mapping mapping = {
		.start = start, .end = start + 0x100000, .path = path, .build_id = build_id};

	return profile_add_mapping(profile, &mapping);
}

static inline struct profile_line model_line(struct profile *profile, char *frame)
{
	char *at = strchr(frame, '@');
	char *colon = at ? strrchr(at, ':') : NULL;
	struct profile_function function = {.name = frame};

	if (at) {
		*at = 0;
		function.file = at + 1;
	}
	if (colon) {
		*colon = 0;
	}
	const size_t length = at ? strlen(at + 1) : 0;
	const bool go = length > 3 && !strcmp(at + 1 + length - 3, ".go");
	function.lang = go ? PROFILE_LANG_GO : PROFILE_LANG_C;
	return (struct profile_line){profile_add_function(profile, &function),
				     colon ? (uint32_t)strtoul(colon + 1, NULL, 10) : 0};
}

/* model_stack - its number; @inuse and @alloc blocks of @size at @rate are added to it */
static inline uint32_t model_stack(struct profile *profile, uint32_t mapping, const char *text,
				   uint64_t size, int64_t inuse, int64_t alloc, uint64_t rate)
{
	char *copy = mem_string(text);
	char *rest = copy;
	uint32_t frames[64];
	size_t depth = 0;

	while (rest && depth < 64) {
		struct profile_line lines[16];
		size_t count = 0;
		bool inlined = true;
		const uint64_t pc = 0x1000 + finder_hash(0, rest, strcspn(rest, ";")) % 0xf0000;
		while (rest && inlined && count < 16) {
			char *frame = strsep(&rest, ";");
			char *end = frame + strlen(frame) - 1;
			inlined = *end == '^';
			*end = inlined ? 0 : *end;
			lines[count++] = model_line(profile, frame);
		}
		const uint64_t start =
			mapping == PROFILE_NONE ? 0 : profile->mappings[mapping].start;
		frames[depth] = profile_add_location(profile, start + pc, mapping);
		profile_set_lines(profile, frames[depth++], lines, count);
	}
	free(copy);
	const uint32_t number = profile_add_stack(profile, frames, depth, size);
	const int64_t raw[PROFILE_TYPES] = {alloc, alloc * (int64_t)size, inuse,
					    inuse * (int64_t)size};
	estimate_add(&profile->stacks[number], raw, rate);
	return number;
}

#endif
