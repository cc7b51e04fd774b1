/* SPDX-License-Identifier: Apache-2.0 */
/* args - the command line of leaktrack-symbolize as one struct
 *
 * Options are written as pprof's: -name or --name, a value behind a blank or '='. Order does not
 * matter; of options given twice the last one counts, but for those that name inputs or folders
 * (--base, --go-heap, --go-base, --search), which add up.
 *
 *     every string points into argv
 *
 * Wrong options are told as an error; what they mean is decided elsewhere. */
#ifndef LEAKTRACK_TOOLS_ARGS_H
#define LEAKTRACK_TOOLS_ARGS_H

#include "err.h"
#include "profile.h"
#include "tree.h"
#include "units.h"

struct args {
	const char **inputs, **bases, **searches;
	const char **go_heaps, **go_bases; /* profiles of Go's own heap, now and then */
	size_t input_count, base_count, search_count, go_heap_count, go_base_count;
	enum profile_type type;
	enum tree_by by;
	const char *format;  /* of the writer for standard output: 'top', 'tree', …; never NULL */
	const char *pattern; /* of --peek and --list */
	const char *pprof;   /* --pprof: file to write; NULL: none */
	const char *html;    /* --html: page to write; NULL: none */
	const char *symfs;
	const char *focus, *ignore, *hide, *show, *show_from;
	struct units_range tag_focus, tag_ignore; /* of block sizes */
	struct unit unit;
	bool has_unit;
	int64_t node_count;   /* rows of a table; 0: all; -1: the writer's own */
	int64_t stack_count;  /* blocks; 0: all; -1: the writer's own */
	double node_fraction; /* rows with less of the total are left out; below 0: the default */
	double edge_fraction; /* likewise calls */
	bool diff_base;	      /* shares are of base */
	bool normalize;	      /* new is scaled to the total of base */
	bool all_frames, no_inlines, cum, flat, tsv, verbose, help, version;
};

/* args_read - fill @args, which args_free() gives back.  Returns 0, or -1 with @err. */
int args_read(struct args *args, int argc, char **argv, struct err *err);
void args_free(struct args *args);

const char *args_usage(void); /* one line */
const char *args_help(void);  /* all options, many lines */

#endif
