/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/progress.o tools/msg.o tools/pattern.o */
/* objects: tools/read_heap.o tools/estimate.o tools/profile.o tools/finder.o tools/mem.o */
/* objects: tools/err.o tools/view.o tools/kind.o tools/tree.o tools/diff.o tools/units.o */
/* fuzz_read_heap - any bytes through the reader, the view, the sums and the text writers
 *
 * make fuzz && build/fuzz/fuzz_read_heap -max_len=4096 corpus/
 *
 * What must hold: no sanitizer report, and the sums of tree.h's opening comment. */
#include "diff.h"
#include "read_heap.h"
#include "tree.h"
#include "view.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void name_all(struct profile *profile)
{
	static const char *const names[] = {
		"main._Cfunc_f", "runtime.asmcgocall", "main.f", "main.f.func1", "g", "(…)"};

	for (uint32_t i = 0; i < profile->location_count; i++) {
		const struct profile_function function = {
			.name = names[profile->locations[i].pc % 6], .file = "a.go"};
		const struct profile_line line = {profile_add_function(profile, &function), i % 7};
		profile_set_lines(profile, i, &line, 1);
	}
}

static void check_sums(const struct view *view)
{
	struct tree *tree = tree_new(view, PROFILE_INUSE_SPACE, TREE_BY_LINE);
	uint64_t flat = 0;
	uint64_t own = 0;

	for (size_t i = 0; i < tree->node_count; i++) {
		flat += (uint64_t)tree->nodes[i].flat;
		own += (uint64_t)tree->nodes[i].own;
	}
	if (tree->total < INT64_MAX && (flat != own || flat > (uint64_t)tree->total)) {
		abort();
	}
	free(tree_sort(tree, TREE_OWN_FIRST));
	tree_free(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct view_options options = {0};
	struct profile *profile = profile_new();
	struct err err = {0};

	if (!read_heap((const char *)data, size, profile, &err)) {
		struct profile *both = profile_new();
		profile_merge(both, profile, 1);
		profile_merge(both, profile, -1);
		name_all(both);
		diff_match(both, size % 2, size % 3 == 0);
		name_all(profile);
		struct view *view = view_new(profile, &options, &err);
		check_sums(view);
		view_free(view);
		profile_free(both);
	}
	profile_free(profile);
	return 0;
}
