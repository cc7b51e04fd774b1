/* SPDX-License-Identifier: Apache-2.0 */
/* view - what of a labelled profile a report shows
 *
 * For each stack that is kept, its frames as a reader sees them: inlined functions are frames of
 * their own, cgo's plumbing is left out, --focus, --ignore, --hide and --show have been applied.
 * And the two facts that people come for: the owner, which is the innermost line that somebody can
 * change (see kind.h), and the C function that a Go owner called.
 *
 *     frames[first .. first + count - 1] belong to a stack, innermost first
 *     owner < count, or VIEW_NONE when no frame is left
 *
 * A view points into the profile, which must not change while it is used. */
#ifndef LEAKTRACK_TOOLS_VIEW_H
#define LEAKTRACK_TOOLS_VIEW_H

#include "err.h"
#include "kind.h"
#include "profile.h"
#include "units.h"

#define VIEW_NONE UINT32_MAX

struct view_frame {
	uint32_t function, line; /* line 0: unknown */
	uint32_t location;
	uint32_t depth; /* of the location in its stack: inlined frames share one */
	bool inlined;	/* into the next frame */
};

struct view_stack {
	uint32_t stack; /* index into profile->stacks */
	uint32_t first, count;
	uint32_t owner;	  /* which of its frames */
	const char *call; /* 'CString': what the owner called by cgo; NULL: nothing known */
	bool chance;	  /* what its owner gained or lost may be chance: view_weigh() */
};

struct view {
	const struct profile *profile;
	struct view_frame *frames;
	struct view_stack *stacks;
	enum kind *kinds; /* of each function of the profile */
	size_t frame_count, stack_count;
	bool has_go;	 /* some owner is a line of Go */
	bool base_total; /* shares are of base: view_total() is its sum */
};

/* Expressions (pattern.h) on function name, source file and module; NULL: not asked for. */
struct view_options {
	bool all_frames; /* plumbing too */
	bool base_total;
	const char *focus;		/* only stacks with such a frame */
	const char *ignore;		/* no stacks with such a frame */
	const char *hide;		/* leave such frames out */
	const char *show;		/* leave all others out */
	const char *show_from;		/* leave out what calls the outermost such frame */
	bool no_inlines;		/* leave inlined functions out */
	struct units_range only, never; /* block sizes */
};

/* view_new - NULL with @err when an expression is wrong */
struct view *view_new(const struct profile *profile, const struct view_options *options,
		      struct err *err);
void view_free(struct view *view);

/* view_value - of a stack, and its variance in the unit of @type */
int64_t view_value(const struct view *view, const struct view_stack *stack, enum profile_type type);
double view_variance(const struct view *view, const struct view_stack *stack,
		     enum profile_type type);

/* view_weigh - of a difference, which stacks may differ by the chance of sampling only: those of an
 * owner (function and line) whose sum is within two standard errors of nothing, as estimate_doubt()
 * counts them. So a leak that comes by many ways, a sample each, is more than chance, and all
 * stacks of an owner are judged alike. Until then none is called so. */
void view_weigh(struct view *view, enum profile_type type);

/* view_total - what shares are of: the sum of all absolutes, as pprof counts, of what --focus and
 * the like leave out too; with base_total that of what was subtracted, as for its -diff_base */
int64_t view_total(const struct view *view, enum profile_type type);

/* view_shown - the sum of the absolutes of the stacks that are kept */
int64_t view_shown(const struct view *view, enum profile_type type);

#endif
