/* SPDX-License-Identifier: Apache-2.0 */
/* source - lines of a source file, wherever it lies here
 *
 * Looked for: the path itself, or below --symfs; else in each --search folder, with ever fewer
 * leading folders, so that '/build/app/main.go' is found as SEARCH/app/main.go and SEARCH/main.go.
 */
#ifndef LEAKTRACK_TOOLS_SOURCE_H
#define LEAKTRACK_TOOLS_SOURCE_H

#include <stddef.h>

struct source {
	char *text;
	const char **lines; /* each ended by 0; line n is lines[n - 1] */
	size_t count;
};

struct source_places {
	const char *symfs; /* NULL: none */
	const char *const *searches;
	size_t search_count;
};

/* source_open - 0, or -1 when it is nowhere or cannot be read; source_close() it */
int source_open(struct source *source, const char *path, const struct source_places *places);
void source_close(struct source *source);

#endif
