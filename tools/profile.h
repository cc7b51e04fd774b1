/* SPDX-License-Identifier: Apache-2.0 */
/* profile - the one model: mappings, locations, functions, stacks and their values
 *
 * Readers fill it, labels name it, diff subtracts one from another, writers show it. It knows no
 * file format. A stack is a list of locations, innermost first; a location is a code address
 * (already lowered by one where it was a return address) in a mapping; once named it has lines,
 * innermost first, more than one where functions were inlined.
 *
 *     value[t] = what the sampled numbers stand for, new minus base in a difference
 *     variance[inuse or alloc] = of the number of objects, because of sampling
 *     every index stored in the model is below the count of what it points into
 *
 * Strings and arrays belong to the profile and live as long as it does. Indices never change;
 * pointers into the arrays move when something is added. Nothing here fails: memory is the only
 * thing that can run out, and then the tool ends (mem.h). */
#ifndef LEAKTRACK_TOOLS_PROFILE_H
#define LEAKTRACK_TOOLS_PROFILE_H

#include "finder.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROFILE_NONE UINT32_MAX

/* In the order in which pprof's heap profiles have them. */
enum profile_type {
	PROFILE_ALLOC_OBJECTS,
	PROFILE_ALLOC_SPACE,
	PROFILE_INUSE_OBJECTS,
	PROFILE_INUSE_SPACE,
	PROFILE_TYPES,
};

/* Program counters that are no addresses: what a dump writes for frames that it does not have. */
#define PROFILE_PC_ELIDED 0x1 /* '(…)': frames left out of a very deep stack */
#define PROFILE_PC_CUT	  0x2 /* '[cut]': the walk ended before the stack did */

enum profile_lang {
	PROFILE_LANG_UNKNOWN,
	PROFILE_LANG_C,
	PROFILE_LANG_CXX,
	PROFILE_LANG_RUST,
	PROFILE_LANG_GO,
};

struct profile_mapping {
	uint64_t start, end, offset; /* end excluded; offset of start in the file */
	const char *path;	     /* NULL: anonymous */
	const char *build_id;	     /* lower case hex; NULL: none known */
	bool has_functions, has_lines, has_inlines;
	bool in_now, in_base; /* which sides of a merge listed it */
};

struct profile_function {
	const char *name;   /* as a person reads it; never NULL */
	const char *symbol; /* as linked; never NULL */
	const char *file;   /* NULL: unknown */
	const char *module; /* path of the mapping it was seen in; NULL: unknown */
	uint32_t start_line;
	enum profile_lang lang;
	bool nameless; /* name stands for the mapping only, '[libc.so.6]', as pprof shows it */
};

struct profile_line {
	uint32_t function;
	uint32_t line; /* 0: unknown */
};

struct profile_location {
	uint64_t pc;
	uint32_t mapping;	    /* PROFILE_NONE: in none */
	uint32_t first_line, lines; /* into profile->lines; lines == 0: no name */
};

struct profile_stack {
	uint32_t first_frame, depth; /* into profile->frames */
	uint64_t size;		     /* bytes of one block; 0: unknown or several */
	int64_t raw[PROFILE_TYPES];  /* as sampled */
	int64_t value[PROFILE_TYPES];
	int64_t base[PROFILE_TYPES]; /* what was subtracted to get value */
	double variance[2];	     /* of alloc objects, of inuse objects; [type / 2] */
	double base_variance[2];     /* of what was subtracted; 0 once diff.c has joined them */
	uint64_t usable;	     /* malloc_usable_size of one block; 0: unknown */
};

/* What a dump tells about itself. 0 and NULL: not told. */
struct profile_about {
	const char *program, *version, *reason;
	int64_t pid;
	int64_t start_ns, dump_ns; /* since 1970 */
	uint64_t rate;		   /* mean bytes between samples; 0 and 1: everything counted */
	uint64_t least_rate;	   /* of several dumps, where rate is the largest; 0: all equal */
	bool scaled;		   /* values stand for a sample and must be scaled by rate */
	uint64_t cut_stacks, lost_samples, lost_live, rate_changes, own_bytes, held_bytes;
	uint64_t failures;   /* what went wrong inside the library */
	const char *off;     /* why it stopped sampling for good, in a word; NULL: it did not */
	bool no_alloc;	     /* only in-use numbers were recorded */
	bool is_state;	     /* read from a state file: pid is a process of this machine */
	const char *partial; /* why some of it is missing; NULL: complete */
	bool partial_stacks; /* it is stacks that are missing, not only mappings */
};

struct profile {
	struct profile_about about;
	struct profile_mapping *mappings;
	struct profile_location *locations;
	struct profile_function *functions;
	struct profile_line *lines;
	struct profile_stack *stacks;
	uint32_t *frames; /* locations of all stacks, one after the other */
	size_t mapping_count, location_count, function_count, line_count, stack_count, frame_count;
	/* Below: private to profile.c. */
	struct mem_pool *pool;
	size_t mapping_room, location_room, function_room, line_room, stack_room, frame_room;
	struct finder mapping_index, location_index, function_index, stack_index, string_index;
	const char **strings;
	size_t string_count, string_room;
};

struct profile *profile_new(void);
void profile_free(struct profile *profile); /* NULL is fine */

/* profile_string - the profile's one copy of a text; equal texts give equal pointers */
const char *profile_string(struct profile *profile, const char *text, size_t length);

/* profile_add_mapping - an equal one that is there already is kept; strings are copied.
 * Returns its index. */
uint32_t profile_add_mapping(struct profile *profile, const struct profile_mapping *mapping);

/* profile_add_location - the location of (mapping, pc); PROFILE_NONE as @mapping is one too */
uint32_t profile_add_location(struct profile *profile, uint64_t pc, uint32_t mapping);

/* profile_add_function - same name, file and symbol are the same function; strings are copied,
 * with '?' for control characters: they go to terminals and may come from a hostile file */
uint32_t profile_add_function(struct profile *profile, const struct profile_function *function);

/* profile_set_lines - what a location is called, innermost first; replaces what it had */
void profile_set_lines(struct profile *profile, uint32_t location, const struct profile_line *lines,
		       size_t count);

/* profile_add_stack - the stack of these locations and this block size, all values 0 when new */
uint32_t profile_add_stack(struct profile *profile, const uint32_t *locations, size_t depth,
			   uint64_t size);

/* profile_place - give each location the mapping that its pc lies in; once, after all mappings */
void profile_place(struct profile *profile);

/* profile_add_root - a frame of this name below the outermost of every stack */
void profile_add_root(struct profile *profile, const char *name);

/* profile_add_values - values and raw numbers times @sign (1, or -1: they go into base too) */
void profile_add_values(struct profile_stack *to, const struct profile_stack *from, int sign);

/* profile_merge - add the stacks of @from, values times @sign (1: new, -1: base, which also goes
 * into base[]). Mappings with the same build-id, offset and length are one and the same, wherever
 * they were mapped: locations follow. Where a mapping has no build-id, the same range is the same
 * mapping if both are dumps of one process, by about.pid and about.start_ns. Names are not needed;
 * those that are there are kept. about is left alone. */
void profile_merge(struct profile *profile, const struct profile *from, int sign);

/* profile_same_process - both dumps come from one process, and say so */
bool profile_same_process(const struct profile_about *a, const struct profile_about *b);

/* profile_copy_about - with strings that @profile owns */
struct profile_about profile_copy_about(struct profile *profile, const struct profile_about *from);

/* profile_total - the sum over all stacks, without overflow: it stops at the limits */
int64_t profile_total(const struct profile *profile, enum profile_type type);

/* profile_sum - a + b, stopping at the limits of int64_t */
int64_t profile_sum(int64_t a, int64_t b);

/* profile_magnitude - without its sign; right for INT64_MIN too */
static inline uint64_t profile_magnitude(int64_t value)
{
	return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

/* profile_type_name - as pprof has it: 'inuse_space' */
static inline const char *profile_type_name(enum profile_type type)
{
	static const char *const names[PROFILE_TYPES] = {
		[PROFILE_ALLOC_OBJECTS] = "alloc_objects",
		[PROFILE_ALLOC_SPACE] = "alloc_space",
		[PROFILE_INUSE_OBJECTS] = "inuse_objects",
		[PROFILE_INUSE_SPACE] = "inuse_space",
	};

	return names[type];
}
bool profile_type_is_space(enum profile_type type);

#endif
