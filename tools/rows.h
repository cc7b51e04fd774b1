/* SPDX-License-Identifier: Apache-2.0 */
/* rows - which nodes of a tree a table shows, in which order and unit
 *
 * Left out, and counted: nodes that are 0; in a difference those that only stacks pass through
 * which may be chance (view_weigh), since a program that samples always has some blocks in flight
 * and code that frees them should not look like a leak; those with no more than --nodefraction of
 * the total, as pprof does. Of the rest the first --nodecount are shown.
 *
 *     count <= candidates;  candidates + small + noise = nodes that are not 0
 *
 * When everything is within chance, nothing is left out for that reason, and only_noise is set. */
#ifndef LEAKTRACK_TOOLS_ROWS_H
#define LEAKTRACK_TOOLS_ROWS_H

#include "write.h"

struct rows {
	const struct write_job *job;
	const struct tree *tree;
	uint32_t *numbers; /* of the nodes shown, in order */
	size_t count, candidates, small, noise;
	size_t small_edges; /* counted by who left them out */
	bool only_noise;
	struct unit unit;
};

/* rows_choose - in this order, but by --cum when that is given; @most rows where --nodecount does
 * not say, 0: all; @most ROWS_EACH: leave out none */
#define ROWS_EACH SIZE_MAX
void rows_choose(struct rows *rows, const struct write_job *job, const struct tree *tree,
		 size_t most, enum tree_order order);
void rows_free(struct rows *rows);

/* rows_edge_cutoff - edges of less are left out, as pprof does: --edgefraction, or a thousandth of
 * what is shown; none with --nodefraction 0 alone */
int64_t rows_edge_cutoff(const struct rows *rows);

/* rows_write_field - of a line of --tsv: no tabs, no line breaks */
void rows_write_field(FILE *out, const char *text);

/* rows_write_summary - 'Showing nodes accounting for …' and what was left out */
void rows_write_summary(const struct rows *rows);

#endif
