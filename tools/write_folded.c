/* SPDX-License-Identifier: Apache-2.0 */
/* --folded: one line a stack, 'outermost;…;innermost amount', as flamegraph.pl and its kin read it.
 * Stacks that read the same are one line. A ';' in a name would end the frame: it becomes ','. */
#include "write.h"

#include "mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct line {
	char *text;
	int64_t value;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct line *)a)->text, ((const struct line *)b)->text);
}

static char *fold(const struct view *view, const struct view_stack *stack)
{
	size_t length = 1;

	for (uint32_t i = 0; i < stack->count; i++) {
		const struct view_frame *frame = &view->frames[stack->first + i];
		length += strlen(view->profile->functions[frame->function].name) + 1;
	}
	char *text = mem_alloc(length);
	char *at = text;
	for (uint32_t i = stack->count; i-- > 0;) {
		const struct view_frame *frame = &view->frames[stack->first + i];
		for (const char *c = view->profile->functions[frame->function].name; *c; c++) {
			*at++ = (char)(*c == ';' ? ',' : *c);
		}
		*at++ = ';';
	}
	at[at > text ? -1 : 0] = 0;
	return text;
}

int write_folded(const struct write_job *job, struct err *err)
{
	const struct view *view = job->view;
	struct line *lines = mem_alloc(view->stack_count * sizeof *lines);
	size_t count = 0;

	(void)err;
	for (size_t i = 0; i < view->stack_count; i++) {
		if (view->stacks[i].count) {
			lines[count++] =
				(struct line){fold(view, &view->stacks[i]),
					      view_value(view, &view->stacks[i], job->args->type)};
		}
	}
	qsort(lines, count, sizeof *lines, by_text);
	for (size_t i = 0; i < count;) {
		const char *text = lines[i].text;
		int64_t sum = 0;
		size_t first = i;
		for (; i < count && !strcmp(lines[i].text, text); i++) {
			sum = profile_sum(sum, lines[i].value);
		}
		if (sum) {
			fprintf(job->out, "%s %" PRId64 "\n", text, sum);
		}
		for (; first < i; first++) {
			free(lines[first].text);
		}
	}
	free(lines);
	return 0;
}
