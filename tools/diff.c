/* SPDX-License-Identifier: Apache-2.0 */
/* A stack that only base has takes over the locations of a new stack that reads the same; if that
 * stack exists with the same block size, their values meet and may cancel, else the two stand side
 * by side in the same rows of every report. Strings are kept once in a profile, so frames are
 * compared by pointer.
 *
 * Two passes: first with the lines of all frames, then without those of code that is in one side's
 * builds only. So an unchanged function is never matched with another line of itself. */
#include "diff.h"

#include "estimate.h"
#include "mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct matcher {
	struct profile *profile;
	struct finder index; /* new stacks by their key */
	bool lines;	     /* the first pass */
};

static bool is_now(const struct profile_stack *stack)
{
	for (int t = 0; t < PROFILE_TYPES; t++) {
		if (profile_sum(stack->value[t], stack->base[t])) {
			return true;
		}
	}
	return false;
}

static bool is_base(const struct profile_stack *stack)
{
	for (int t = 0; t < PROFILE_TYPES; t++) {
		if (stack->base[t]) {
			return true;
		}
	}
	return false;
}

static bool is_shared(const struct profile *profile, const struct profile_location *location)
{
	if (location->mapping == PROFILE_NONE) {
		return true;
	}
	const struct profile_mapping *mapping = &profile->mappings[location->mapping];
	return mapping->in_now && mapping->in_base;
}

/* One frame after the other, inlined ones too. */
struct walk {
	const struct profile_stack *stack;
	uint32_t frame, line;
};

struct step {
	const char *name;
	uint32_t line;
};

static bool walk_next(const struct matcher *m, struct walk *walk, struct step *step)
{
	const struct profile *profile = m->profile;

	while (walk->frame < walk->stack->depth) {
		const uint32_t number = profile->frames[walk->stack->first_frame + walk->frame];
		const struct profile_location *location = &profile->locations[number];
		if (walk->line < location->lines) {
			const struct profile_line *line =
				&profile->lines[location->first_line + walk->line++];
			step->name = profile->functions[line->function].name;
			step->line = m->lines || is_shared(profile, location) ? line->line : 0;
			return true;
		}
		walk->line = 0;
		walk->frame++;
	}
	return false;
}

static uint64_t key_of(const struct matcher *m, uint32_t number)
{
	struct walk walk = {.stack = &m->profile->stacks[number]};
	struct step step;
	uint64_t hash = 0;

	while (walk_next(m, &walk, &step)) {
		hash = finder_hash_number(finder_hash_number(hash, (uintptr_t)step.name),
					  step.line);
	}
	return hash;
}

static bool reads_same(const struct matcher *m, uint32_t a, uint32_t b)
{
	struct walk walk_a = {.stack = &m->profile->stacks[a]};
	struct walk walk_b = {.stack = &m->profile->stacks[b]};
	struct step step_a;
	struct step step_b;

	for (;;) {
		const bool more_a = walk_next(m, &walk_a, &step_a);
		const bool more_b = walk_next(m, &walk_b, &step_b);
		if (!more_a || !more_b) {
			return more_a == more_b;
		}
		if (step_a.name != step_b.name || step_a.line != step_b.line) {
			return false;
		}
	}
}

/* A new stack that reads like this one, of the same block size if there is one. */
static uint32_t find_now(const struct matcher *m, uint32_t number)
{
	const uint64_t key = key_of(m, number);
	uint32_t found = PROFILE_NONE;
	uint32_t candidate;
	size_t at = 0;

	while ((candidate = finder_next(&m->index, key, &at)) != FINDER_NONE) {
		if (!reads_same(m, candidate, number)) {
			continue;
		}
		if (m->profile->stacks[candidate].size == m->profile->stacks[number].size) {
			return candidate;
		}
		found = found == PROFILE_NONE ? candidate : found;
	}
	return found;
}

/* Give the base-only stack @number the locations of @model. */
static void move_to(struct profile *profile, uint32_t number, uint32_t model)
{
	const struct profile_stack old = profile->stacks[number];
	const struct profile_stack like = profile->stacks[model];
	uint32_t *frames =
		mem_copy(profile->frames + like.first_frame, like.depth * sizeof *frames);
	const uint32_t to = profile_add_stack(profile, frames, like.depth, old.size);

	free(frames);
	if (to == number) {
		return;
	}
	profile_add_values(&profile->stacks[to], &old, 1);
	struct profile_stack *emptied = &profile->stacks[number];
	*emptied = (struct profile_stack){.first_frame = emptied->first_frame,
					  .depth = emptied->depth,
					  .size = emptied->size};
}

static void match_pass(struct profile *profile, bool lines)
{
	struct matcher m = {.profile = profile, .lines = lines};
	const size_t count = profile->stack_count;

	for (uint32_t i = 0; i < count; i++) {
		if (is_now(&profile->stacks[i])) {
			finder_put(&m.index, key_of(&m, i), i);
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		if (is_base(&profile->stacks[i]) && !is_now(&profile->stacks[i])) {
			const uint32_t model = find_now(&m, i);
			if (model != PROFILE_NONE) {
				move_to(profile, i, model);
			}
		}
	}
	finder_clear(&m.index);
}

void diff_match(struct profile *profile, bool same_process, bool with_others)
{
	if (!same_process || with_others) {
		match_pass(profile, true);
		match_pass(profile, false);
	}
	for (size_t i = 0; i < profile->stack_count; i++) {
		estimate_join(&profile->stacks[i], same_process);
	}
}

static void normalize_stack(struct profile_stack *stack, const double ratio[PROFILE_TYPES])
{
	for (int t = 0; t < PROFILE_TYPES; t++) {
		const double now = (double)stack->value[t] + (double)stack->base[t];
		const double scaled = round(now * ratio[t]);
		const int64_t limited = scaled >= 9223372036854775807.0	   ? INT64_MAX
					: scaled <= -9223372036854775808.0 ? INT64_MIN
									   : (int64_t)scaled;
		stack->value[t] = profile_sum(
			limited, stack->base[t] == INT64_MIN ? INT64_MAX : -stack->base[t]);
	}
	stack->variance[0] *= ratio[PROFILE_ALLOC_OBJECTS] * ratio[PROFILE_ALLOC_OBJECTS];
	stack->variance[1] *= ratio[PROFILE_INUSE_OBJECTS] * ratio[PROFILE_INUSE_OBJECTS];
}

void diff_normalize(struct profile *profile)
{
	double now[PROFILE_TYPES] = {0};
	double base[PROFILE_TYPES] = {0};
	double ratio[PROFILE_TYPES];

	for (size_t i = 0; i < profile->stack_count; i++) {
		for (int t = 0; t < PROFILE_TYPES; t++) {
			base[t] += (double)profile->stacks[i].base[t];
			now[t] += (double)profile->stacks[i].value[t];
		}
	}
	for (int t = 0; t < PROFILE_TYPES; t++) {
		const double total = now[t] + base[t];
		ratio[t] = total != 0 ? base[t] / total : 0;
	}
	for (size_t i = 0; i < profile->stack_count; i++) {
		normalize_stack(&profile->stacks[i], ratio);
	}
}
