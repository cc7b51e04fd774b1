/* SPDX-License-Identifier: Apache-2.0 */
/* --traces: every stack by itself with its block size, as `go tool pprof -traces` prints them, with
 * file:line. Heaviest first. */
#include "rows.h"

#include "mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SEPARATOR "-----------+-------------------------------------------------------\n"

#define COLUMNS	  13 /* that stand before a name */

struct trace {
	const struct view_stack *stack;
	uint64_t weight;
	int64_t value;
};

static int by_weight(const void *a, const void *b)
{
	const struct trace *x = a;
	const struct trace *y = b;

	if (x->weight != y->weight) {
		return x->weight > y->weight ? -1 : 1;
	}
	return (x->stack > y->stack) - (x->stack < y->stack);
}

static void write_trace(const struct write_job *job, const struct trace *trace)
{
	const struct view *view = job->view;
	const struct view_frame *frames = &view->frames[trace->stack->first];
	const bool space = profile_type_is_space(job->args->type);
	const struct unit unit = !space		       ? UNITS_COUNT
				 : job->args->has_unit ? job->args->unit
						       : UNITS_AUTO;
	const uint64_t size = view->profile->stacks[trace->stack->stack].size;
	char amount[UNITS_TEXT];
	char place[WRITE_PLACE];

	fputs(SEPARATOR, job->out);
	fprintf(job->out, "%10s:  %s\n", "bytes",
		units_amount(amount, size > INT64_MAX ? INT64_MAX : (int64_t)size, UNITS_AUTO));
	const int64_t base = view->profile->stacks[trace->stack->stack].base[job->args->type];
	if (job->base) {
		fprintf(job->out, "%10s:  %s%s\n", "base", units_amount(amount, base, unit),
			write_news(job, trace->value, base));
	}
	units_amount(amount, trace->value, unit);
	for (uint32_t i = 0; i < trace->stack->count; i++) {
		const struct profile_function *function =
			&view->profile->functions[frames[i].function];
		const struct write_words words = {
			.name = function->name,
			.place = write_place(place, function->file, frames[i].line),
			.behind = {frames[i].inlined ? " (inline)" : NULL},
			.strong = i == trace->stack->owner,
		};
		fprintf(job->out, "%10s   ", i ? "" : amount);
		write_words(job, &words, COLUMNS);
		fputc('\n', job->out);
	}
}

/* --tsv: a line for each frame, with what its stack has. */
static void write_tsv(const struct write_job *job, const struct trace *trace, size_t number)
{
	const struct view *view = job->view;
	const struct view_frame *frames = &view->frames[trace->stack->first];
	const struct profile_stack *stack = &view->profile->stacks[trace->stack->stack];
	FILE *out = job->out;

	for (uint32_t i = 0; i < trace->stack->count; i++) {
		const struct profile_function *function =
			&view->profile->functions[frames[i].function];
		fprintf(out, "%zu\t%" PRId64 "\t%" PRId64 "\t%" PRIu64 "\t%" PRIu32 "\t%d\t%d\t",
			number, trace->value, stack->base[job->args->type], stack->size, i,
			i == trace->stack->owner, frames[i].inlined);
		rows_write_field(out, function->name);
		fputc('\t', out);
		rows_write_field(out, function->file);
		fprintf(out, "\t%" PRIu32 "\n", frames[i].line);
	}
}

static void write_all(const struct write_job *job, const struct trace *traces, size_t count)
{
	if (job->args->tsv) {
		fputs("stack\tvalue\tbase\tbytes\tframe\towner\tinlined\tfunction\tfile\tline\n",
		      job->out);
		for (size_t i = 0; i < count; i++) {
			write_tsv(job, &traces[i], i + 1);
		}
		return;
	}
	write_head(job);
	for (size_t i = 0; i < count; i++) {
		write_trace(job, &traces[i]);
	}
	fputs(SEPARATOR, job->out);
}

int write_traces(const struct write_job *job, struct err *err)
{
	const struct view *view = job->view;
	struct trace *traces = mem_alloc(view->stack_count * sizeof *traces);
	size_t count = 0;

	(void)err;
	for (size_t i = 0; i < view->stack_count; i++) {
		const int64_t value = view_value(view, &view->stacks[i], job->args->type);
		if (value && view->stacks[i].count) {
			traces[count++] =
				(struct trace){&view->stacks[i], profile_magnitude(value), value};
		}
	}
	qsort(traces, count, sizeof *traces, by_weight);
	write_all(job, traces, count);
	free(traces);
	return 0;
}
