/* SPDX-License-Identifier: Apache-2.0 */
/* --raw: a text heap profile with its names in it, as `google-pprof --raw` writes one, for
 * google-pprof and jeprof, which know neither Go nor inlined frames nor build-ids.
 *
 *     --- symbol            a name for each address
 *     binary=PROGRAM
 *     0xADDRESS NAME
 *     ---
 *     heap profile: N: BYTES [N: BYTES] @ heapprofile       'heapprofile': nothing is to be scaled
 *     N: BYTES [N: BYTES] @ 0xADDRESS...
 *
 * An address stands for a function here: it is a hash of its name, so that --base of those two
 * works between two such files. google-pprof looks addresses up as they are, jeprof those of
 * callers less one, so each has its name twice. Both take
 * '(...)' and '<...>' out of names, so Go's '(*T)' is written '*T', and both end a name at '--'.
 * Counts have no sign: of a difference the growth is shown. */
#include "write.h"

#include "mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static uint64_t address_of(const struct profile *profile, uint32_t function)
{
	const uint64_t hash = finder_hash_string(0, profile->functions[function].name);

	return (hash >> 20 << 4) + 0x10; /* 44 bits of it, and room for address - 1 */
}

static void write_name(FILE *out, const char *name)
{
	while (*name) {
		const char *end = strncmp(name, "(*", 2) ? NULL : strchr(name, ')');
		if (end) {
			fprintf(out, "%.*s", (int)(end - name - 1), name + 1);
			name = end + 1;
		} else if (!strncmp(name, "--", 2)) {
			fputs("- -", out);
			name += 2;
		} else {
			fputc(*name++, out);
		}
	}
	fputc('\n', out);
}

static void write_symbols(const struct write_job *job)
{
	const struct profile *profile = job->profile;
	bool *used = mem_zero(profile->function_count, sizeof *used);

	fputs("--- symbol\n", job->out);
	if (profile->about.program) {
		fprintf(job->out, "binary=%s\n", profile->about.program);
	}
	for (size_t i = 0; i < job->view->frame_count; i++) {
		used[job->view->frames[i].function] = true;
	}
	for (uint32_t i = 0; i < profile->function_count; i++) {
		for (uint64_t back = 0; used[i] && back < 2; back++) {
			fprintf(job->out, "0x%016" PRIx64 " ", address_of(profile, i) - back);
			write_name(job->out, profile->functions[i].name);
		}
	}
	fputs("---\n", job->out);
	free(used);
}

static int64_t growth(int64_t value)
{
	return value > 0 ? value : 0;
}

static void write_values(FILE *out, const int64_t values[PROFILE_TYPES])
{
	fprintf(out, "%" PRId64 ": %" PRId64 " [%" PRId64 ": %" PRId64 "] @",
		growth(values[PROFILE_INUSE_OBJECTS]), growth(values[PROFILE_INUSE_SPACE]),
		growth(values[PROFILE_ALLOC_OBJECTS]), growth(values[PROFILE_ALLOC_SPACE]));
}

static bool is_shown(const struct view_stack *stack, const struct profile_stack *from)
{
	bool grows = false;

	for (int t = 0; t < PROFILE_TYPES; t++) {
		grows = grows || from->value[t] > 0;
	}
	return stack->count && grows;
}

int write_raw(const struct write_job *job, struct err *err)
{
	const struct view *view = job->view;
	int64_t total[PROFILE_TYPES] = {0};

	(void)err;
	write_symbols(job);
	for (size_t i = 0; i < view->stack_count; i++) {
		for (int t = 0; t < PROFILE_TYPES; t++) {
			const int64_t value = view_value(view, &view->stacks[i], t);
			total[t] = profile_sum(total[t], growth(value));
		}
	}
	fputs("heap profile: ", job->out);
	write_values(job->out, total);
	fputs(" heapprofile\n", job->out);
	for (size_t i = 0; i < view->stack_count; i++) {
		const struct view_stack *stack = &view->stacks[i];
		const struct profile_stack *from = &view->profile->stacks[stack->stack];
		if (!is_shown(stack, from)) {
			continue;
		}
		write_values(job->out, from->value);
		for (uint32_t f = 0; f < stack->count; f++) {
			fprintf(job->out, " 0x%" PRIx64,
				address_of(view->profile, view->frames[stack->first + f].function));
		}
		fputc('\n', job->out);
	}
	return 0;
}
