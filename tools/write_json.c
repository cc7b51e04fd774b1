/* SPDX-License-Identifier: Apache-2.0 */
/* --json and --speedscope.
 *
 * The plain form has a schema of its own, told in leaktrack-symbolize(1): functions once, each
 * stack with all four values. speedscope's is that of its file-format-schema.json, one profile for
 * each sample type; it knows no negative weights, so of a difference it shows the growth. */
#include "write.h"

#include "estimate.h"
#include "json.h"

#include <inttypes.h>

static void write_values(FILE *out, const int64_t values[PROFILE_TYPES])
{
	fputc('[', out);
	for (int t = 0; t < PROFILE_TYPES; t++) {
		fprintf(out, "%s%" PRId64, t ? ", " : "", values[t]);
	}
	fputc(']', out);
}

static void write_about(const struct write_job *job)
{
	const struct profile_about *about = &job->profile->about;
	FILE *out = job->out;

	fputs("{\n\"format\": \"leaktrack-1\",\n\"program\": ", out);
	json_string(out, about->program);
	fprintf(out, ",\n\"pid\": %" PRId64 ",\n\"start_ns\": %" PRId64 ",\n\"time_ns\": %" PRId64,
		about->pid, about->start_ns, about->dump_ns);
	fprintf(out, ",\n\"rate\": %" PRIu64 ",\n\"difference\": %s,\n\"partial\": ", about->rate,
		job->base ? "true" : "false");
	json_string(out, about->partial);
	fputs(",\n\"switched_off\": ", out);
	json_string(out, about->off);
	fprintf(out,
		",\n\"cut_stacks\": %" PRIu64 ",\n\"lost_samples\": %" PRIu64
		",\n\"held_bytes\": %" PRId64 ",\n\"types\": [",
		about->cut_stacks, about->lost_samples + about->lost_live,
		job->base ? 0 : estimate_held(job->profile));
	for (int t = 0; t < PROFILE_TYPES; t++) {
		fputs(t ? ", " : "", out);
		json_string(out, profile_type_name(t));
	}
	fputs("],\n\"default_type\": ", out);
	json_string(out, profile_type_name(job->args->type));
}

static void write_functions(const struct write_job *job)
{
	FILE *out = job->out;

	fputs(",\n\"functions\": [", out);
	for (size_t i = 0; i < job->profile->function_count; i++) {
		const struct profile_function *function = &job->profile->functions[i];
		fputs(i ? ",\n{\"name\": " : "\n{\"name\": ", out);
		json_string(out, function->name);
		fputs(", \"file\": ", out);
		json_string(out, function->file);
		fputs(", \"module\": ", out);
		json_string(out, function->module);
		fprintf(out, ", \"start_line\": %" PRIu32 ", \"kind\": \"%s\"}",
			function->start_line, kind_name(job->view->kinds[i]));
	}
	fputs("]", out);
}

static void write_stack(const struct write_job *job, const struct view_stack *stack)
{
	const struct profile_stack *from = &job->profile->stacks[stack->stack];
	FILE *out = job->out;

	fputs("{\"values\": ", out);
	write_values(out, from->value);
	if (job->base) {
		fputs(", \"base\": ", out);
		write_values(out, from->base);
	}
	const double error = estimate_error(from, job->args->type);
	fprintf(out, ", \"size\": %" PRIu64 ", \"standard_error\": %.0f", from->size,
		error < 1e300 ? error : 1e300);
	if (stack->owner != VIEW_NONE) {
		fprintf(out, ", \"owner\": %" PRIu32 ", \"call\": ", stack->owner);
		json_string(out, stack->call);
	}
	fputs(", \"frames\": [", out);
	for (uint32_t i = 0; i < stack->count; i++) {
		const struct view_frame *frame = &job->view->frames[stack->first + i];
		fprintf(out, "%s{\"function\": %" PRIu32 ", \"line\": %" PRIu32 "%s}",
			i ? ", " : "", frame->function, frame->line,
			frame->inlined ? ", \"inlined\": true" : "");
	}
	fputs("]}", out);
}

static bool is_empty(const struct write_job *job, const struct view_stack *stack)
{
	const struct profile_stack *from = &job->profile->stacks[stack->stack];

	for (int t = 0; t < PROFILE_TYPES; t++) {
		if (from->value[t] || from->base[t]) {
			return false;
		}
	}
	return true;
}

int write_json(const struct write_job *job, struct err *err)
{
	bool first = true;

	(void)err;
	write_about(job);
	write_functions(job);
	fputs(",\n\"stacks\": [", job->out);
	for (size_t i = 0; i < job->view->stack_count; i++) {
		if (!is_empty(job, &job->view->stacks[i])) {
			fputs(first ? "\n" : ",\n", job->out);
			write_stack(job, &job->view->stacks[i]);
			first = false;
		}
	}
	fputs("]\n}\n", job->out);
	return 0;
}

static void write_speedscope_type(const struct write_job *job, enum profile_type type)
{
	const struct view *view = job->view;
	FILE *out = job->out;
	int64_t total = 0;
	bool first = true;

	fprintf(out,
		"{\"type\": \"sampled\", \"name\": \"%s\", \"unit\": \"%s\", \"startValue\": 0, "
		"\"samples\": [",
		profile_type_name(type), profile_type_is_space(type) ? "bytes" : "none");
	for (size_t i = 0; i < view->stack_count; i++) {
		const struct view_stack *stack = &view->stacks[i];
		if (view_value(view, stack, type) <= 0) {
			continue;
		}
		fputs(first ? "[" : ", [", out);
		first = false;
		for (uint32_t f = stack->count; f-- > 0;) {
			fprintf(out, "%" PRIu32 "%s", view->frames[stack->first + f].function,
				f ? "," : "");
		}
		fputc(']', out);
	}
	fputs("],\n\"weights\": [", out);
	first = true;
	for (size_t i = 0; i < view->stack_count; i++) {
		const int64_t value = view_value(view, &view->stacks[i], type);
		if (value > 0) {
			fprintf(out, "%s%" PRId64, first ? "" : ", ", value);
			total = profile_sum(total, value);
			first = false;
		}
	}
	fprintf(out, "], \"endValue\": %" PRId64 "}", total);
}

int write_speedscope(const struct write_job *job, struct err *err)
{
	FILE *out = job->out;
	const char *program = job->profile->about.program;

	(void)err;
	fputs("{\"$schema\": \"https://www.speedscope.app/file-format-schema.json\",\n\"name\": ",
	      out);
	json_string(out, program ? program : "heap");
	fprintf(out, ",\n\"exporter\": \"leaktrack-symbolize\", \"activeProfileIndex\": %d,\n",
		(int)job->args->type);
	fputs("\"shared\": {\"frames\": [", out);
	for (size_t i = 0; i < job->profile->function_count; i++) {
		const struct profile_function *function = &job->profile->functions[i];
		fputs(i ? ",\n{\"name\": " : "\n{\"name\": ", out);
		json_string(out, function->name);
		if (function->file) {
			fputs(", \"file\": ", out);
			json_string(out, function->file);
		}
		if (function->start_line) {
			fprintf(out, ", \"line\": %" PRIu32, function->start_line);
		}
		fputc('}', out);
	}
	fputs("]},\n\"profiles\": [\n", out);
	for (int t = 0; t < PROFILE_TYPES; t++) {
		fputs(t ? ",\n" : "", out);
		write_speedscope_type(job, t);
	}
	fputs("]}\n", out);
	return 0;
}
