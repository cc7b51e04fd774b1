/* SPDX-License-Identifier: Apache-2.0 */
/* One block for each of the heaviest stacks, which begins with the line to look at: the innermost
 * line that somebody can change, and what it called. Below it stand the amount, the way from there
 * down to malloc, and who called it.
 *
 * Stacks that read the same are one block, whatever their block sizes, addresses and depths of
 * recursion. */
#include "write.h"

#include "mem.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS	   10
#define NAME_WIDTH 60
#define INDENT	   8

struct group {
	const struct view_stack *stack; /* the first one: all read the same */
	int64_t value, objects, bytes, base, samples;
	double variance;
	uint64_t smallest, largest; /* block sizes */
	uint32_t number;	    /* keeps the order of equal ones */
};

struct blocks {
	const struct write_job *job;
	struct group *groups;
	size_t count, room;
	struct finder index;
	int64_t total;
};

static const struct profile_function *function_of(const struct view *view,
						  const struct view_frame *frame)
{
	return &view->profile->functions[frame->function];
}

static bool frames_equal(const struct view *view, const struct view_frame *a,
			 const struct view_frame *b)
{
	if (a->function != b->function || a->line != b->line) {
		return false;
	}
	return !function_of(view, a)->nameless || a->location == b->location;
}

/* The frame after @at that is not the same again: recursion of any depth reads as one frame. */
static uint32_t skip_repeats(const struct view *view, const struct view_stack *stack, uint32_t at)
{
	const struct view_frame *frames = &view->frames[stack->first];
	uint32_t next = at + 1;

	while (next < stack->count && frames_equal(view, &frames[at], &frames[next])) {
		next++;
	}
	return next;
}

static bool stacks_equal(const struct view *view, const struct view_stack *a,
			 const struct view_stack *b)
{
	uint32_t at = 0;
	uint32_t bt = 0;

	if (a->call != b->call && (!a->call || !b->call || strcmp(a->call, b->call) != 0)) {
		return false;
	}
	while (at < a->count && bt < b->count) {
		if (!frames_equal(view, &view->frames[a->first + at],
				  &view->frames[b->first + bt]) ||
		    (at == a->owner) != (bt == b->owner)) {
			return false;
		}
		at = skip_repeats(view, a, at);
		bt = skip_repeats(view, b, bt);
	}
	return at == a->count && bt == b->count;
}

static struct group *group_of(struct blocks *blocks, const struct view_stack *stack)
{
	const struct view *view = blocks->job->view;
	uint64_t hash = 0;
	size_t at = 0;
	uint32_t number;

	for (uint32_t i = 0; i < stack->count; i = skip_repeats(view, stack, i)) {
		const struct view_frame *frame = &view->frames[stack->first + i];
		const bool nameless = function_of(view, frame)->nameless;

		hash = finder_hash_number(finder_hash_number(hash, frame->function),
					  nameless ? frame->location : frame->line);
	}
	while ((number = finder_next(&blocks->index, hash, &at)) != FINDER_NONE) {
		if (stacks_equal(view, blocks->groups[number].stack, stack)) {
			return &blocks->groups[number];
		}
	}
	number = (uint32_t)blocks->count++;
	blocks->groups =
		mem_grow(blocks->groups, &blocks->room, blocks->count, sizeof *blocks->groups);
	blocks->groups[number] = (struct group){.stack = stack, .number = number};
	finder_put(&blocks->index, hash, number);
	return &blocks->groups[number];
}

static void add(struct blocks *blocks, const struct view_stack *stack)
{
	const struct view *view = blocks->job->view;
	const enum profile_type type = blocks->job->args->type;
	const enum profile_type objects = type & ~1U; /* types come in pairs, objects first */
	const struct profile_stack *from = &view->profile->stacks[stack->stack];
	struct group *group = group_of(blocks, stack);

	group->value = profile_sum(group->value, from->value[type]);
	group->base = profile_sum(group->base, from->base[type]);
	group->objects = profile_sum(group->objects, from->value[objects]);
	group->bytes = profile_sum(group->bytes, from->value[objects + 1]);
	group->samples = profile_sum(group->samples, from->raw[objects]);
	group->variance += view_variance(view, stack, type);
	if (from->value[objects]) {
		group->largest = from->size > group->largest ? from->size : group->largest;
		group->smallest = !group->smallest || from->size < group->smallest
					  ? from->size
					  : group->smallest;
	}
}

static int by_value(const void *a, const void *b)
{
	const struct group *x = a;
	const struct group *y = b;

	if (profile_magnitude(x->value) != profile_magnitude(y->value)) {
		return profile_magnitude(x->value) > profile_magnitude(y->value) ? -1 : 1;
	}
	return x->number < y->number ? -1 : x->number > y->number;
}

/* Of a way with more functions than this only both ends are told in one line. */
#define LONG_WAY 5

/* 'C.receipt_open -> page_new -> malloc': from the owner inwards; "" when it asked itself. */
static const char *call_text(char *text, size_t room, const struct view *view,
			     const struct view_stack *stack)
{
	const bool is_long = stack->owner > LONG_WAY;
	size_t used = 0;

	text[0] = 0;
	if (stack->call) {
		used = (size_t)snprintf(text, room, "C.%s", stack->call);
	}
	for (uint32_t i = stack->owner; i-- > 0 && used < room;) {
		const char *name = function_of(view, &view->frames[stack->first + i])->name;
		if (i + 1 == stack->owner && stack->call && !strcmp(name, stack->call)) {
			continue;
		}
		if (is_long && i > 0 && i + 3 == stack->owner) {
			used += (size_t)snprintf(text + used, room - used, " -> ...");
		}
		if (is_long && i > 0 && i + 3 <= stack->owner) {
			continue;
		}
		used += (size_t)snprintf(text + used, room - used, "%s%s", used ? " -> " : "",
					 name);
	}
	if (used && used < room && stack->owner) {
		snprintf(text + used, room - used, " -> malloc");
	}
	return text;
}

static void write_sizes(FILE *out, const struct group *group)
{
	char text[UNITS_TEXT];

	fprintf(out, " of %s", units_amount(text, (int64_t)group->smallest, UNITS_AUTO));
	if (group->largest != group->smallest) {
		fprintf(out, " to %s", units_amount(text, (int64_t)group->largest, UNITS_AUTO));
	}
}

/* '+1.50MB (12%) in +393 blocks of 4kB, +-20% (100 samples); was 3MB' */
static void write_amount(const struct blocks *blocks, const struct group *group)
{
	const struct write_job *job = blocks->job;
	FILE *out = job->out;
	const bool space = profile_type_is_space(job->args->type);
	const struct unit unit = job->args->has_unit ? job->args->unit : UNITS_AUTO;
	const char *plus = job->base && group->value > 0 ? "+" : "";
	char text[UNITS_TEXT];
	char share[UNITS_TEXT];

	units_share(share, group->value, blocks->total);
	const char *bare = share + strspn(share, " ");
	if (space) {
		fputs("    ", out);
		if (job->base) {
			term_begin(&job->term, out, group->value > 0 ? TERM_WORSE : TERM_BETTER);
		}
		fprintf(out, "%s%s", plus, units_amount(text, group->value, unit));
		if (job->base) {
			term_end(&job->term, out);
		}
		fprintf(out, " (%s) in ", bare);
	} else {
		fputs("    ", out);
	}
	fprintf(out, "%s%s block%s", plus, units_thousands(text, group->objects),
		profile_magnitude(group->objects) == 1 ? "" : "s");
	write_sizes(out, group);
	if (!space) {
		fprintf(out, " (%s)", bare);
	}
	if (group->variance > 0 && group->value) {
		const double error =
			2 * sqrt(group->variance) / (double)profile_magnitude(group->value);
		const int64_t samples = (int64_t)(profile_magnitude(group->samples) & INT64_MAX);
		fprintf(out, ", +-%.*f%% (%s sample%s)", error < 0.1 ? 1 : 0, error * 100,
			units_thousands(text, samples), samples == 1 ? "" : "s");
	}
	if (job->base && group->base) {
		fprintf(out, "; was %s%s",
			space ? units_amount(text, group->base, unit)
			      : units_thousands(text, group->base),
			profile_sum(group->value, group->base) ? "" : ", gone");
	} else if (job->base) {
		fputs("; new", out);
	}
	fputc('\n', out);
}

static size_t width_of(const struct write_job *job, const struct view_stack *stack)
{
	const bool fits = job->term.width > 0;
	size_t width = 0;

	for (uint32_t i = 0; i < stack->count; i++) {
		const struct profile_function *function =
			function_of(job->view, &job->view->frames[stack->first + i]);
		const size_t columns = term_columns(function->name);
		width = columns > width && (fits || columns <= NAME_WIDTH) ? columns : width;
	}
	return write_name_width(job, width, NAME_WIDTH, INDENT);
}

/* '+0x1234': where a function without a name lies in its file. */
static void offset_of(char *text, size_t room, const struct write_job *job,
		      const struct view_frame *frame)
{
	const struct profile_location *location = &job->profile->locations[frame->location];
	uint64_t offset = location->pc;

	if (location->mapping != PROFILE_NONE) {
		const struct profile_mapping *mapping = &job->profile->mappings[location->mapping];
		offset += mapping->offset - mapping->start;
	}
	snprintf(text, room, "+0x%" PRIx64, offset);
}

static void write_frame(const struct write_job *job, const struct view_frame *frame, size_t width,
			size_t used, bool recursive)
{
	const struct profile_function *function = function_of(job->view, frame);
	char place[WRITE_PLACE];
	char offset[24] = "";
	char behind[64];

	if (function->nameless) {
		offset_of(offset, sizeof offset, job, frame);
	}
	snprintf(behind, sizeof behind, "%s%s%s", offset, frame->inlined ? " (inline)" : "",
		 recursive ? " (recursive)" : "");
	const struct write_words words = {
		.name = function->name,
		.place = write_place(place, function->file, frame->line),
		.behind = {behind, offset},
		.width = width,
		.strong = !used,
	};
	write_words(job, &words, used);
	fputc('\n', job->out);
}

static void write_frames(const struct blocks *blocks, const struct view_stack *stack, uint32_t from,
			 uint32_t to, size_t width)
{
	const struct view *view = blocks->job->view;

	while (from < to) {
		const uint32_t next = skip_repeats(view, stack, from);
		fprintf(blocks->job->out, "%*s", INDENT, "");
		write_frame(blocks->job, &view->frames[stack->first + from], width, INDENT,
			    next > from + 1);
		from = next;
	}
}

static void write_block(const struct blocks *blocks, const struct group *group)
{
	const struct view *view = blocks->job->view;
	const struct view_stack *stack = group->stack;
	const struct view_frame *frames = &view->frames[stack->first];
	FILE *out = blocks->job->out;
	const size_t width = width_of(blocks->job, stack);
	char text[4096];

	fputc('\n', out);
	if (stack->owner == VIEW_NONE) {
		fputs("(no frames)\n", out);
		write_amount(blocks, group);
		return;
	}
	write_frame(blocks->job, &frames[stack->owner], 0, 0, false);
	write_amount(blocks, group);
	call_text(text, sizeof text, view, stack);
	if (*text) {
		const size_t most = blocks->job->term.width;
		char room[sizeof text];
		fputs("    calls ", out);
		term_begin(&blocks->job->term, out, TERM_CODE);
		fputs(term_fit(text, most ? most - strlen("    calls ") : 0, room, sizeof room),
		      out);
		term_end(&blocks->job->term, out);
		fputc('\n', out);
	}
	write_frames(blocks, stack, 0, stack->owner, width);
	if (stack->owner + 1 < stack->count) {
		fputs("    called by\n", out);
	}
	write_frames(blocks, stack, stack->owner + 1, stack->count, width);
}

/* The groups that differ, heaviest first, to the front; the number of them. */
static size_t choose(struct blocks *blocks, bool drop_noise)
{
	size_t count = 0;

	for (size_t i = 0; i < blocks->count; i++) {
		const struct group *group = &blocks->groups[i];
		if (!group->value || (drop_noise && group->stack->chance)) {
			continue;
		}
		const struct group kept = *group;
		blocks->groups[i] = blocks->groups[count];
		blocks->groups[count++] = kept;
	}
	qsort(blocks->groups, count, sizeof *blocks->groups, by_value);
	return count;
}

/* How many of the @count heaviest get a block: as many as were asked for, or some, but none that is
 * nothing beside the heaviest. */
static size_t how_many(const struct blocks *blocks, size_t count)
{
	const int64_t wanted = blocks->job->args->stack_count;
	size_t shown = 0;

	if (wanted >= 0) {
		return wanted && (size_t)wanted < count ? (size_t)wanted : count;
	}
	const double cutoff = count ? write_fraction(blocks->job) *
					      (double)profile_magnitude(blocks->groups[0].value)
				    : 0;
	while (shown < count && shown < BLOCKS &&
	       (double)profile_magnitude(blocks->groups[shown].value) >= cutoff) {
		shown++;
	}
	return shown;
}

void write_blocks(const struct write_job *job)
{
	struct blocks blocks = {.job = job, .total = view_total(job->view, job->args->type)};

	blocks.groups = mem_grow(NULL, &blocks.room, 1, sizeof *blocks.groups);
	for (size_t i = 0; i < job->view->stack_count; i++) {
		add(&blocks, &job->view->stacks[i]);
	}
	size_t count = choose(&blocks, job->base && write_fraction(job) > 0);
	if (!count) {
		count = choose(&blocks, false);
	}
	const size_t shown = how_many(&blocks, count);
	if (shown) {
		fprintf(job->out, "\nHeaviest stacks%s\n", job->base ? " by growth" : "");
	}
	for (size_t i = 0; i < shown; i++) {
		write_block(&blocks, &blocks.groups[i]);
	}
	if (shown < count) {
		fprintf(job->out, "\n%zu more stack%s (--stacks 0 shows all)\n", count - shown,
			count - shown == 1 ? "" : "s");
	}
	finder_clear(&blocks.index);
	free(blocks.groups);
}
