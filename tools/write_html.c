/* SPDX-License-Identifier: Apache-2.0 */
/* --html: one page with everything in it, no network. The page itself is tools/page.html with its
 * style and scripts, compiled in; here its data is put in place of '@DATA@'.
 *
 * Stacks are written as a tree that shares their outer frames: a node is (function, line, parent),
 * the outermost has parent -1. A sample is (its innermost node, its owner's node, what that called,
 * four values). The page builds its own trees from that, by function or by line, from outside or
 * from inside. */
#include "write.h"

#include "json.h"
#include "mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char page[] = {
#include "page.inc"
	0};

struct node {
	uint32_t function, line, parent; /* parent FINDER_NONE: outermost */
};

struct sample {
	uint32_t node, owner, call; /* call: into the list of names; FINDER_NONE: nothing known */
	int64_t values[PROFILE_TYPES];
};

struct builder {
	struct node *nodes;
	struct sample *samples;
	size_t node_count, node_room, sample_count, sample_room;
	struct finder node_finder, sample_finder, call_finder;
	const char **calls;
	size_t call_count, call_room;
};

static uint32_t node_of(struct builder *b, uint32_t function, uint32_t line, uint32_t parent)
{
	const uint64_t hash = finder_hash_number(finder_hash_number(function, line), parent);
	size_t at = 0;
	uint32_t number;

	while ((number = finder_next(&b->node_finder, hash, &at)) != FINDER_NONE) {
		const struct node *node = &b->nodes[number];
		if (node->function == function && node->line == line && node->parent == parent) {
			return number;
		}
	}
	number = (uint32_t)b->node_count++;
	b->nodes = mem_grow(b->nodes, &b->node_room, b->node_count, sizeof *b->nodes);
	b->nodes[number] = (struct node){function, line, parent};
	finder_put(&b->node_finder, hash, number);
	return number;
}

static uint32_t call_of(struct builder *b, const char *name)
{
	const uint64_t hash = finder_hash_string(0, name);
	size_t at = 0;
	uint32_t number;

	if (!name) {
		return FINDER_NONE;
	}
	while ((number = finder_next(&b->call_finder, hash, &at)) != FINDER_NONE) {
		if (!strcmp(b->calls[number], name)) {
			return number;
		}
	}
	number = (uint32_t)b->call_count++;
	b->calls = mem_grow(b->calls, &b->call_room, b->call_count, sizeof *b->calls);
	b->calls[number] = name;
	finder_put(&b->call_finder, hash, number);
	return number;
}

static void add_sample(struct builder *b, uint32_t node, uint32_t owner, uint32_t call,
		       const int64_t *values)
{
	const uint64_t hash = finder_hash_number(finder_hash_number(node, owner), call);
	size_t at = 0;
	uint32_t number;

	while ((number = finder_next(&b->sample_finder, hash, &at)) != FINDER_NONE) {
		const struct sample *sample = &b->samples[number];
		if (sample->node == node && sample->owner == owner && sample->call == call) {
			break;
		}
	}
	if (number == FINDER_NONE) {
		number = (uint32_t)b->sample_count++;
		b->samples =
			mem_grow(b->samples, &b->sample_room, b->sample_count, sizeof *b->samples);
		b->samples[number] = (struct sample){.node = node, .owner = owner, .call = call};
		finder_put(&b->sample_finder, hash, number);
	}
	for (int t = 0; t < PROFILE_TYPES; t++) {
		b->samples[number].values[t] = profile_sum(b->samples[number].values[t], values[t]);
	}
}

static void add_stack(struct builder *b, const struct view *view, const struct view_stack *stack)
{
	uint32_t node = FINDER_NONE;
	uint32_t owner = FINDER_NONE;

	for (uint32_t i = stack->count; i-- > 0;) {
		const struct view_frame *frame = &view->frames[stack->first + i];
		node = node_of(b, frame->function, frame->line, node);
		owner = i == stack->owner ? node : owner;
	}
	if (node != FINDER_NONE) {
		add_sample(b, node, owner, call_of(b, stack->call),
			   view->profile->stacks[stack->stack].value);
	}
}

static int32_t or_none(uint32_t number)
{
	return number == FINDER_NONE ? -1 : (int32_t)number;
}

static void write_tree_data(const struct builder *b, FILE *out)
{
	fputs(",\n\"nodes\": [", out);
	for (size_t i = 0; i < b->node_count; i++) {
		const struct node *node = &b->nodes[i];
		fprintf(out, "%s%" PRIu32 ",%" PRIu32 ",%" PRId32, i ? "," : "", node->function,
			node->line, or_none(node->parent));
	}
	fputs("],\n\"calls\": [", out);
	for (size_t i = 0; i < b->call_count; i++) {
		fputs(i ? "," : "", out);
		json_string(out, b->calls[i]);
	}
	fputs("],\n\"samples\": [", out);
	for (size_t i = 0; i < b->sample_count; i++) {
		const struct sample *sample = &b->samples[i];
		fprintf(out, "%s%" PRIu32 ",%" PRId32 ",%" PRId32, i ? "," : "", sample->node,
			or_none(sample->owner), or_none(sample->call));
		for (int t = 0; t < PROFILE_TYPES; t++) {
			fprintf(out, ",%" PRId64, sample->values[t]);
		}
	}
	fputs("]", out);
}

/* The lines of the head that every report has, as a list of strings. */
static void write_notes(const struct write_job *job)
{
	char *text = NULL;
	size_t length = 0;
	struct write_job head = *job;
	bool first = true;

	head.out = open_memstream(&text, &length);
	if (!head.out) {
		fputs("[]", job->out);
		return;
	}
	write_head(&head);
	fclose(head.out);
	fputc('[', job->out);
	for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
		if (*line && strncmp(line, "File: ", 6) != 0) {
			fputs(first ? "" : ", ", job->out);
			json_string(job->out, line);
			first = false;
		}
	}
	fputc(']', job->out);
	free(text);
}

static void write_data(const struct write_job *job, const struct builder *b)
{
	const struct profile *profile = job->profile;
	const char *program = profile->about.program;
	const char *slash = program ? strrchr(program, '/') : NULL;
	FILE *out = job->out;

	fputs("{\"title\": ", out);
	char *title = mem_print("%s: %s",
				slash	  ? slash + 1
				: program ? program
					  : "heap",
				job->args->go_heap_count ? (job->base ? "growth of C and Go memory"
								      : "C and Go memory")
				: job->base		 ? "growth of C memory"
							 : "C memory");
	json_string(out, title);
	free(title);
	fputs(",\n\"notes\": ", out);
	write_notes(job);
	fprintf(out, ",\n\"difference\": %s, \"type\": %d,\n\"functions\": [",
		job->base ? "true" : "false", (int)job->args->type);
	for (size_t i = 0; i < profile->function_count; i++) {
		const struct profile_function *function = &profile->functions[i];
		fputs(i ? ",\n[" : "\n[", out);
		json_string(out, function->name);
		fputc(',', out);
		json_string(out, function->file ? function->file : "");
		fprintf(out, ",\"%s\"]", kind_name(job->view->kinds[i]));
	}
	fputs("]", out);
	write_tree_data(b, out);
	fputs("}", out);
}

int write_html(const struct write_job *job, struct err *err)
{
	static const char mark[] = "@DATA@";
	const char *place = strstr(page, mark);
	struct builder b = {0};

	if (!place) {
		return err_set(err, "the page has no place for its data");
	}
	b.nodes = mem_grow(NULL, &b.node_room, 1, sizeof *b.nodes);
	b.samples = mem_grow(NULL, &b.sample_room, 1, sizeof *b.samples);
	for (size_t i = 0; i < job->view->stack_count; i++) {
		add_stack(&b, job->view, &job->view->stacks[i]);
	}
	fwrite(page, 1, (size_t)(place - page), job->out);
	write_data(job, &b);
	fputs(place + strlen(mark), job->out);
	finder_clear(&b.node_finder);
	finder_clear(&b.sample_finder);
	finder_clear(&b.call_finder);
	free(b.calls);
	free(b.nodes);
	free(b.samples);
	return 0;
}
