/* SPDX-License-Identifier: Apache-2.0 */
/* name_scopes - what was inlined where, inside one function
 *
 * A function's inlined calls form a tree; each has one or more address ranges, inside those of
 * its parent. Flattened, they are segments: from here on, this scope is the innermost. So one
 * binary search gives the innermost scope and its parents give the frames around it.
 *
 * The ranges come from a file and may overlap in any way: a scope's ranges are cut to what its
 * parent covers. */
#ifndef LEAKTRACK_TOOLS_NAME_SCOPES_H
#define LEAKTRACK_TOOLS_NAME_SCOPES_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_SCOPE_NONE UINT32_MAX

/* What a DIE says about its function; filled at first use. */
struct name_scope_label {
	const char *function, *symbol;
	unsigned start_line;
	bool known;
};

struct name_scope {
	Dwarf_Die die;	 /* subprogram (scope 0) or inlined_subroutine */
	uint32_t parent; /* the scope that it was inlined into; NAME_SCOPE_NONE: it is the function
			  */
	unsigned call_file, call_line; /* of the call in the parent; 0: unknown */
	struct name_scope_label label;
};

struct name_segment {
	uint64_t start;
	uint32_t
		scope; /* innermost from start to the next segment's start; NAME_SCOPE_NONE: none */
};

struct name_scopes {
	struct name_scope *scopes;
	size_t scope_count;
	struct name_segment *segments;
	size_t segment_count;
};

/* name_scopes_read - list a function and what was inlined into it
 * @function its DIE, with address ranges.  Not deeper than 256 levels. */
void name_scopes_read(struct name_scopes *scopes, Dwarf_Die *function);
void name_scopes_free(struct name_scopes *scopes);

/* name_scopes_at - index of the innermost scope at an address; NAME_SCOPE_NONE: outside */
uint32_t name_scopes_at(const struct name_scopes *scopes, uint64_t vaddr);

#endif
