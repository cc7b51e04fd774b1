/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions are asked once for each function, not once for each frame. --focus and --ignore look
 * at all frames, the folded ones too, so that `--focus runtime.cgocall` means what it says.
 *
 * A cgo call with pointer arguments is written by cgo as a function literal that is called at
 * once, so the stack has handle.func1 and handle at the same line: the literal is folded too. */
#include "view.h"

#include "estimate.h"
#include "mem.h"
#include "pattern.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FOCUS, IGNORE, HIDE, SHOW, SHOW_FROM, FILTERS };

struct builder {
	struct view *view;
	const struct view_options *options;
	bool *matches[FILTERS]; /* for each function; NULL: not asked for */
	struct view_frame *all; /* of the present stack, nothing left out */
	size_t count, room, frame_room;
};

static bool matches_function(const regex_t *regex, const struct profile_function *function)
{
	return pattern_matches(regex, function->name) || pattern_matches(regex, function->file) ||
	       pattern_matches(regex, function->module);
}

static int match_all(struct builder *b, int filter, const char *text, struct err *err)
{
	static const char *const names[FILTERS] = {"focus", "ignore", "hide", "show", "show-from"};
	const struct profile *profile = b->view->profile;
	regex_t regex;

	if (!text) {
		return 0;
	}
	if (pattern_compile(&regex, names[filter], text, err)) {
		return -1;
	}
	b->matches[filter] = mem_zero(profile->function_count, sizeof(bool));
	for (size_t i = 0; i < profile->function_count; i++) {
		b->matches[filter][i] = matches_function(&regex, &profile->functions[i]);
	}
	regfree(&regex);
	return 0;
}

static void expand(struct builder *b, const struct profile_stack *stack)
{
	const struct profile *profile = b->view->profile;

	b->count = 0;
	for (uint32_t f = 0; f < stack->depth; f++) {
		const uint32_t number = profile->frames[stack->first_frame + f];
		const struct profile_location *location = &profile->locations[number];
		b->all = mem_grow(b->all, &b->room, b->count + location->lines, sizeof *b->all);
		for (uint32_t i = 0; i < location->lines; i++) {
			const struct profile_line *line = &profile->lines[location->first_line + i];
			b->all[b->count++] = (struct view_frame){
				.function = line->function,
				.line = line->line,
				.location = number,
				.depth = f,
				.inlined = i + 1 < location->lines,
			};
		}
	}
}

static bool any_matches(const struct builder *b, const bool *matches)
{
	for (size_t i = 0; i < b->count; i++) {
		if (matches[b->all[i].function]) {
			return true;
		}
	}
	return false;
}

static bool is_wrapper(const struct builder *b, size_t at)
{
	const struct profile *profile = b->view->profile;
	const struct view_frame *inner = &b->all[at];
	const struct view_frame *outer = inner + 1;

	if (!at || at + 1 >= b->count || inner->line != outer->line ||
	    b->view->kinds[b->all[at - 1].function] != KIND_CGO ||
	    b->view->kinds[inner->function] != KIND_GO) {
		return false;
	}
	return kind_is_wrapper(profile->functions[inner->function].name,
			       profile->functions[outer->function].name);
}

/* In a stripped program the C half of a cgo stub has no name, but asmcgocall calls nothing else. */
static bool is_nameless_stub(const struct builder *b, size_t at)
{
	const struct profile_function *functions = b->view->profile->functions;

	return functions[b->all[at].function].nameless && at + 1 < b->count &&
	       kind_is_asmcgocall(functions[b->all[at + 1].function].name);
}

static bool is_hidden(const struct builder *b, size_t at)
{
	const uint32_t function = b->all[at].function;

	return (b->matches[HIDE] && b->matches[HIDE][function]) ||
	       (b->matches[SHOW] && !b->matches[SHOW][function]) ||
	       (b->options->no_inlines && b->all[at].inlined);
}

static bool is_folded(const struct builder *b, size_t at)
{
	return b->view->kinds[b->all[at].function] == KIND_CGO || is_wrapper(b, at) ||
	       is_nameless_stub(b, at);
}

/* Forgets the frames outside of the outermost one that matches; false: none does. */
static bool begin_from(const struct builder *b, bool *kept)
{
	for (size_t i = b->count; i-- > 0;) {
		if (kept[i] && b->matches[SHOW_FROM][b->all[i].function]) {
			return true;
		}
		kept[i] = false;
	}
	return false;
}

/* Which frames of b->all a reader sees; false: none. A stack of nothing but plumbing shows it. */
static bool choose_frames(const struct builder *b, bool *kept)
{
	bool plumbing = true;
	bool any = false;

	for (size_t i = 0; i < b->count && plumbing; i++) {
		plumbing = is_folded(b, i);
	}
	for (size_t i = 0; i < b->count; i++) {
		kept[i] = !is_hidden(b, i) &&
			  (b->options->all_frames || plumbing || !is_folded(b, i));
		any |= kept[i];
	}
	return b->matches[SHOW_FROM] ? begin_from(b, kept) : any;
}

/* What a Go owner called by cgo: the outermost stub tells, or, in a profile that was written
 * without stubs, the C function that it calls. */
static const char *call_of(const struct builder *b, size_t owner)
{
	const struct profile *profile = b->view->profile;
	const enum kind *kinds = b->view->kinds;
	const enum kind kind = kinds[b->all[owner].function];

	if (!owner || (kind != KIND_GO && kind != KIND_GO_STD)) {
		return NULL;
	}
	for (size_t i = owner; i-- > 0;) {
		const struct profile_function *function = &profile->functions[b->all[i].function];
		if (kinds[b->all[i].function] != KIND_CGO && !is_wrapper(b, i)) {
			break;
		}
		const char *name = kind_call(function->name);
		if (name) {
			return name;
		}
	}
	const uint32_t inner = b->all[owner - 1].function;
	return kinds[inner] == KIND_NATIVE && !profile->functions[inner].nameless
		       ? profile->functions[inner].name
		       : NULL;
}

static bool find_kind(const struct builder *b, const bool *kept, enum kind kind, size_t *at)
{
	for (size_t i = 0; i < b->count; i++) {
		if (kept[i] && b->view->kinds[b->all[i].function] == kind) {
			*at = i;
			return true;
		}
	}
	return false;
}

/* Which frame of b->all is the owner; false: none is kept. */
static bool find_owner(const struct builder *b, const bool *kept, size_t *at)
{
	static const enum kind order[] = {KIND_GO,    KIND_GO_STD, KIND_NATIVE, KIND_GO_RUNTIME,
					  KIND_ALLOC, KIND_SYSTEM, KIND_CGO,	KIND_MARK};

	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		if (find_kind(b, kept, order[i], at)) {
			return true;
		}
	}
	return false;
}

static void add_stack(struct builder *b, uint32_t number)
{
	struct view *view = b->view;
	struct view_stack *to = &view->stacks[view->stack_count];
	bool *kept = mem_zero(b->count, sizeof *kept);
	size_t owner = 0;

	*to = (struct view_stack){
		.stack = number, .first = (uint32_t)view->frame_count, .owner = VIEW_NONE};
	if (!choose_frames(b, kept) && b->count) {
		free(kept);
		return;
	}
	const bool owned = find_owner(b, kept, &owner);
	view->frames = mem_grow(view->frames, &b->frame_room, view->frame_count + b->count,
				sizeof *view->frames);
	for (size_t i = 0; i < b->count; i++) {
		if (!kept[i]) {
			continue;
		}
		if (owned && i == owner) {
			to->owner = to->count;
			to->call = call_of(b, owner);
		}
		view->frames[view->frame_count++] = b->all[i];
		to->count++;
	}
	if (owned) {
		const enum kind kind = view->kinds[b->all[owner].function];
		view->has_go |= kind == KIND_GO || kind == KIND_GO_STD;
	}
	view->stack_count++;
	free(kept);
}

static bool is_other_size(const struct view_options *options, uint64_t size)
{
	return (options->only.text && !units_in_range(&options->only, size)) ||
	       (options->never.text && units_in_range(&options->never, size));
}

static void build(struct builder *b)
{
	const struct profile *profile = b->view->profile;

	for (uint32_t i = 0; i < profile->stack_count; i++) {
		if (is_other_size(b->options, profile->stacks[i].size)) {
			continue;
		}
		expand(b, &profile->stacks[i]);
		if (b->matches[FOCUS] && !any_matches(b, b->matches[FOCUS])) {
			continue;
		}
		if (b->matches[IGNORE] && any_matches(b, b->matches[IGNORE])) {
			continue;
		}
		add_stack(b, i);
	}
}

struct view *view_new(const struct profile *profile, const struct view_options *options,
		      struct err *err)
{
	struct view *view = mem_zero(1, sizeof *view);
	struct builder b = {.view = view, .options = options};
	int result = 0;

	view->profile = profile;
	view->base_total = options->base_total;
	view->stacks = mem_zero(profile->stack_count, sizeof *view->stacks);
	view->kinds = mem_zero(profile->function_count, sizeof *view->kinds);
	for (size_t i = 0; i < profile->function_count; i++) {
		view->kinds[i] = kind_of(&profile->functions[i]);
	}
	if (match_all(&b, FOCUS, options->focus, err) ||
	    match_all(&b, IGNORE, options->ignore, err) ||
	    match_all(&b, HIDE, options->hide, err) || match_all(&b, SHOW, options->show, err) ||
	    match_all(&b, SHOW_FROM, options->show_from, err)) {
		result = -1;
	} else {
		build(&b);
	}
	for (int i = 0; i < FILTERS; i++) {
		free(b.matches[i]);
	}
	free(b.all);
	if (result) {
		view_free(view);
		return NULL;
	}
	return view;
}

void view_free(struct view *view)
{
	if (!view) {
		return;
	}
	free(view->frames);
	free(view->stacks);
	free(view->kinds);
	free(view);
}

int64_t view_value(const struct view *view, const struct view_stack *stack, enum profile_type type)
{
	return view->profile->stacks[stack->stack].value[type];
}

double view_variance(const struct view *view, const struct view_stack *stack,
		     enum profile_type type)
{
	const struct profile_stack *from = &view->profile->stacks[stack->stack];
	const double size = profile_type_is_space(type) ? (double)from->size : 1;

	return from->variance[type / 2] * size * size;
}

struct owner {
	uint32_t function, line;
	double value, doubt;
};

struct owners {
	struct owner *list;
	size_t count, room;
	struct finder finder;
};

static uint32_t owner_of(struct owners *owners, const struct view_frame *frame)
{
	const uint64_t hash = finder_hash_number(frame->function, frame->line);
	size_t at = 0;
	uint32_t number;

	while ((number = finder_next(&owners->finder, hash, &at)) != FINDER_NONE) {
		if (owners->list[number].function == frame->function &&
		    owners->list[number].line == frame->line) {
			return number;
		}
	}
	number = (uint32_t)owners->count++;
	owners->list = mem_grow(owners->list, &owners->room, owners->count, sizeof *owners->list);
	owners->list[number] = (struct owner){.function = frame->function, .line = frame->line};
	finder_put(&owners->finder, hash, number);
	return number;
}

void view_weigh(struct view *view, enum profile_type type)
{
	static const struct view_frame nobody = {.function = PROFILE_NONE};
	struct owners owners = {0};
	uint32_t *numbers = mem_alloc(view->stack_count * sizeof *numbers);

	owners.list = mem_grow(NULL, &owners.room, 1, sizeof *owners.list);
	for (size_t i = 0; i < view->stack_count; i++) {
		const struct view_stack *stack = &view->stacks[i];
		const struct profile_stack *from = &view->profile->stacks[stack->stack];
		const double size = profile_type_is_space(type) ? (double)from->size : 1;
		numbers[i] =
			owner_of(&owners, stack->owner == VIEW_NONE
						  ? &nobody
						  : &view->frames[stack->first + stack->owner]);
		owners.list[numbers[i]].value += (double)from->value[type];
		owners.list[numbers[i]].doubt += estimate_doubt(from, type) * size * size;
	}
	for (size_t i = 0; i < view->stack_count; i++) {
		const struct owner *owner = &owners.list[numbers[i]];
		view->stacks[i].chance = fabs(owner->value) < 2 * sqrt(owner->doubt);
	}
	finder_clear(&owners.finder);
	free(owners.list);
	free(numbers);
}

static int64_t absolute(int64_t value)
{
	const uint64_t magnitude = profile_magnitude(value);

	return magnitude > INT64_MAX ? INT64_MAX : (int64_t)magnitude;
}

int64_t view_total(const struct view *view, enum profile_type type)
{
	const struct profile *profile = view->profile;
	int64_t total = 0;

	for (size_t i = 0; i < profile->stack_count; i++) {
		const struct profile_stack *stack = &profile->stacks[i];
		total = profile_sum(
			total, absolute(view->base_total ? stack->base[type] : stack->value[type]));
	}
	return total;
}

int64_t view_shown(const struct view *view, enum profile_type type)
{
	int64_t shown = 0;

	for (size_t i = 0; i < view->stack_count; i++) {
		shown = profile_sum(shown, absolute(view_value(view, &view->stacks[i], type)));
	}
	return shown;
}
