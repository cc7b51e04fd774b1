/* SPDX-License-Identifier: Apache-2.0 */
/* write - the table of output formats, and what the text ones share
 *
 * A writer gets a finished job and prints it to job->out; it changes nothing. Whether the output
 * could be written is the caller's to find out, at the end, from the stream. */
#ifndef LEAKTRACK_TOOLS_WRITE_H
#define LEAKTRACK_TOOLS_WRITE_H

#include "args.h"
#include "err.h"
#include "profile.h"
#include "term.h"
#include "view.h"

#include <stdio.h>

struct write_job {
	const struct args *args;
	const struct profile *profile;
	const struct profile_about *base; /* of the first base dump; NULL: no difference */
	const struct view *view;
	struct term term; /* of out */
	FILE *out;
};

/* write_report - by the writer called args->format.  Returns 0, or -1 with @err. */
int write_report(const struct write_job *job, struct err *err);

/* write_head - what was measured: program, type, time, rate, losses. One line each. */
void write_head(const struct write_job *job);

/* write_news - of a difference: '  new', '  gone', or "" where neither or both sides have it */
const char *write_news(const struct write_job *job, int64_t value, int64_t base);

/* write_place - 'file:line', as much as is known of it; "" when nothing is. Returns @text. */
#define WRITE_PLACE 4096
const char *write_place(char *text, const char *file, uint32_t line);

/* write_words - 'name  file:line behind', the rest of a line that has @used columns already. On a
 * terminal it ends where the line does: the folders of the file go first, then what stands behind
 * it, then the middle of the name. Elsewhere it is written as it is. */
struct write_words {
	const char *name, *place; /* place: "" when nothing is known */
	const char *behind[2];	  /* the second where there is no room for the first; NULL: none */
	size_t width;		  /* columns that names have where they stand in one; 0: none */
	bool strong;
};
void write_words(const struct write_job *job, const struct write_words *words, size_t used);

/* write_name_width - how wide a column of names should be: @longest, but at most @most, and on a
 * terminal at most half of what is left beside @used columns */
size_t write_name_width(const struct write_job *job, size_t longest, size_t most, size_t used);

/* write_fraction - rows below this share of the total are left out */
double write_fraction(const struct write_job *job);

int write_top(const struct write_job *job, struct err *err);
void write_blocks(const struct write_job *job);
int write_tree(const struct write_job *job, struct err *err);
int write_peek(const struct write_job *job, struct err *err);
int write_traces(const struct write_job *job, struct err *err);
int write_list(const struct write_job *job, struct err *err);
int write_folded(const struct write_job *job, struct err *err);
int write_raw(const struct write_job *job, struct err *err);
int write_json(const struct write_job *job, struct err *err);
int write_speedscope(const struct write_job *job, struct err *err);
int write_dot(const struct write_job *job, struct err *err);
int write_callgrind(const struct write_job *job, struct err *err);

/* write_html - the page, to job->out */
int write_html(const struct write_job *job, struct err *err);

/* write_pprof - gzipped profile.proto, to a file */
int write_pprof(const struct write_job *job, const char *path, struct err *err);

#endif
