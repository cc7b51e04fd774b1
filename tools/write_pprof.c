/* SPDX-License-Identifier: Apache-2.0 */
/* profile.proto, gzipped: what `go tool pprof`, Parca, Pyroscope and others read. Only
 * this file and read_pprof.c know protobuf.
 *
 * Samples, locations and lines are those of the view, so that pprof shows the frames that our own
 * reports show, with the same values. A location is written once for each set of lines that is
 * left of it. One that has no name is written without lines, as an address in its mapping, and
 * pprof may find a name itself. Ids are numbers from 1; the first mapping is the program's, since
 * pprof takes the name of the profile from it. */
#include "write.h"

#include "mem.h"

#include <errno.h>
#include <inttypes.h>
#include <profile.pb-c.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

struct shape {
	uint32_t location;
	const struct view_frame *lines; /* the frames that are left of it */
	uint32_t count;
};

struct builder {
	const struct write_job *job;
	struct mem_pool *pool;
	struct finder strings, shapes;
	Profile__Profile out;
	uint64_t *mapping_ids, *function_ids; /* 0: not written yet */
	struct shape *shape_list;
	size_t string_room, sample_room, mapping_room, location_room, function_room, shape_room;
	size_t comment_room, type_room;
};

/* protobuf-c's repeated fields are arrays of pointers, or of int64_t. */
enum { ELEMENT = sizeof(void *) };
_Static_assert(sizeof(int64_t) == ELEMENT, "two kinds of arrays, one size");

#define PUSH(b, list, count, room, element) \
	((list) = mem_grow(list, &(b)->room, (count) + 1, ELEMENT), (list)[(count)++] = (element))

static int64_t string_of(struct builder *b, const char *text)
{
	const uint64_t hash = finder_hash_string(0, text);
	size_t at = 0;
	uint32_t number;

	if (!text) {
		return 0;
	}
	while ((number = finder_next(&b->strings, hash, &at)) != FINDER_NONE) {
		if (!strcmp(b->out.string_table[number], text)) {
			return number;
		}
	}
	number = (uint32_t)b->out.n_string_table;
	PUSH(b, b->out.string_table, b->out.n_string_table, string_room,
	     mem_pool_string(b->pool, text, strlen(text)));
	finder_put(&b->strings, hash, number);
	return number;
}

static Profile__ValueType *value_type(struct builder *b, const char *type, const char *unit)
{
	Profile__ValueType *out = mem_pool_take(b->pool, sizeof *out);

	profile__value_type__init(out);
	out->type = string_of(b, type);
	out->unit = string_of(b, unit);
	return out;
}

static uint64_t mapping_id(struct builder *b, uint32_t number)
{
	const struct profile_mapping *from = &b->job->profile->mappings[number];

	if (b->mapping_ids[number]) {
		return b->mapping_ids[number];
	}
	Profile__Mapping *out = mem_pool_take(b->pool, sizeof *out);
	profile__mapping__init(out);
	PUSH(b, b->out.mapping, b->out.n_mapping, mapping_room, out);
	out->id = b->out.n_mapping;
	out->memory_start = from->start;
	out->memory_limit = from->end;
	out->file_offset = from->offset;
	out->filename = string_of(b, from->path ? from->path : "//anon");
	out->build_id = string_of(b, from->build_id);
	out->has_functions = from->has_functions;
	out->has_filenames = from->has_lines;
	out->has_line_numbers = from->has_lines;
	out->has_inline_frames = from->has_functions;
	b->mapping_ids[number] = out->id;
	return out->id;
}

static uint64_t function_id(struct builder *b, uint32_t number)
{
	const struct profile_function *from = &b->job->profile->functions[number];

	if (b->function_ids[number]) {
		return b->function_ids[number];
	}
	Profile__Function *out = mem_pool_take(b->pool, sizeof *out);
	profile__function__init(out);
	PUSH(b, b->out.function, b->out.n_function, function_room, out);
	out->id = b->out.n_function;
	out->name = string_of(b, from->name);
	out->system_name = string_of(b, from->symbol);
	out->filename = string_of(b, from->file);
	out->start_line = from->start_line;
	b->function_ids[number] = out->id;
	return out->id;
}

static void add_lines(struct builder *b, Profile__Location *out, const struct shape *shape)
{
	const struct profile_function *first = &b->job->profile->functions[shape->lines->function];

	if (first->nameless) {
		return;
	}
	out->line = mem_pool_take(b->pool, shape->count * (size_t)ELEMENT);
	out->n_line = shape->count;
	for (uint32_t i = 0; i < shape->count; i++) {
		Profile__Line *line = mem_pool_take(b->pool, sizeof *line);
		profile__line__init(line);
		line->function_id = function_id(b, shape->lines[i].function);
		line->line = shape->lines[i].line;
		out->line[i] = line;
	}
}

static bool shapes_equal(const struct shape *a, const struct shape *b)
{
	if (a->location != b->location || a->count != b->count) {
		return false;
	}
	for (uint32_t i = 0; i < a->count; i++) {
		if (a->lines[i].function != b->lines[i].function ||
		    a->lines[i].line != b->lines[i].line) {
			return false;
		}
	}
	return true;
}

static uint64_t location_id(struct builder *b, const struct shape *shape)
{
	const struct profile_location *from = &b->job->profile->locations[shape->location];
	uint64_t hash = finder_hash_number(shape->location, shape->count);
	size_t at = 0;
	uint32_t number;

	for (uint32_t i = 0; i < shape->count; i++) {
		hash = finder_hash_number(hash, shape->lines[i].function);
	}
	while ((number = finder_next(&b->shapes, hash, &at)) != FINDER_NONE) {
		if (shapes_equal(&b->shape_list[number], shape)) {
			return number + (uint64_t)1;
		}
	}
	number = (uint32_t)b->out.n_location;
	b->shape_list =
		mem_grow(b->shape_list, &b->shape_room, number + (size_t)1, sizeof *b->shape_list);
	b->shape_list[number] = *shape;
	finder_put(&b->shapes, hash, number);
	Profile__Location *out = mem_pool_take(b->pool, sizeof *out);
	profile__location__init(out);
	PUSH(b, b->out.location, b->out.n_location, location_room, out);
	out->id = number + (uint64_t)1;
	if (from->mapping != PROFILE_NONE) {
		out->mapping_id = mapping_id(b, from->mapping);
		out->address = from->pc;
	}
	add_lines(b, out, shape);
	return out->id;
}

static void add_label(struct builder *b, Profile__Sample *out, uint64_t size)
{
	Profile__Label *label = mem_pool_take(b->pool, sizeof *label);

	profile__label__init(label);
	label->key = string_of(b, "bytes");
	label->num = size > INT64_MAX ? INT64_MAX : (int64_t)size;
	label->num_unit = string_of(b, "bytes");
	out->label = mem_pool_take(b->pool, ELEMENT);
	out->label[0] = label;
	out->n_label = 1;
}

static void add_sample(struct builder *b, const struct view_stack *stack)
{
	const struct profile_stack *from = &b->job->profile->stacks[stack->stack];
	const struct view_frame *frames = &b->job->view->frames[stack->first];
	bool any = false;

	for (int t = 0; t < PROFILE_TYPES; t++) {
		any = any || from->value[t];
	}
	if (!any || !stack->count) {
		return;
	}
	Profile__Sample *out = mem_pool_take(b->pool, sizeof *out);
	profile__sample__init(out);
	out->value = mem_pool_take(b->pool, sizeof from->value);
	out->n_value = PROFILE_TYPES;
	memcpy(out->value, from->value, sizeof from->value);
	out->location_id = mem_pool_take(b->pool, stack->count * sizeof *out->location_id);
	for (uint32_t i = 0; i < stack->count;) {
		struct shape shape = {frames[i].location, &frames[i], 0};
		const uint32_t depth = frames[i].depth;
		for (; i < stack->count && frames[i].depth == depth; i++) {
			shape.count++;
		}
		out->location_id[out->n_location_id++] = location_id(b, &shape);
	}
	add_label(b, out, from->size);
	PUSH(b, b->out.sample, b->out.n_sample, sample_room, out);
}

static void add_comment(struct builder *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add_comment(struct builder *b, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	PUSH(b, b->out.comment, b->out.n_comment, comment_room, string_of(b, text));
}

/* pprof prints comments above its reports, but for those that begin with '#'. */
static void add_comments(struct builder *b)
{
	const struct profile_about *about = &b->job->profile->about;

	add_comment(b, "#leaktrack %s pid %" PRId64 " reason %s",
		    about->version ? about->version : "-", about->pid,
		    about->reason ? about->reason : "-");
	if (about->partial) {
		add_comment(b, "Partial: %s", about->partial);
	}
	if (about->off) {
		add_comment(b, "Switched off: %s", about->off);
	}
	if (about->lost_samples || about->lost_live) {
		add_comment(b, "Lost: %" PRIu64 " samples", about->lost_samples + about->lost_live);
	}
}

static void add_about(struct builder *b)
{
	const struct write_job *job = b->job;
	const struct profile_about *about = &job->profile->about;
	int64_t since = about->start_ns;

	for (int t = 0; t < PROFILE_TYPES; t++) {
		PUSH(b, b->out.sample_type, b->out.n_sample_type, type_room,
		     value_type(b, profile_type_name(t), t % 2 ? "bytes" : "count"));
	}
	if (job->base && profile_same_process(job->base, about)) {
		since = job->base->dump_ns;
	}
	b->out.time_nanos = about->dump_ns;
	b->out.duration_nanos = since && about->dump_ns > since ? about->dump_ns - since : 0;
	b->out.period_type = value_type(b, "space", "bytes");
	b->out.period = about->rate > INT64_MAX ? INT64_MAX : (int64_t)about->rate;
	b->out.default_sample_type = string_of(b, profile_type_name(job->args->type));
	for (uint32_t i = 0; i < job->profile->mapping_count; i++) {
		const char *path = job->profile->mappings[i].path;
		if (path && about->program && !strcmp(path, about->program)) {
			mapping_id(b, i);
		}
	}
	add_comments(b);
}

static int compress_to(FILE *file, const uint8_t *bytes, size_t count)
{
	uint8_t out[65536];
	z_stream stream = {0};
	int result = Z_OK;

	/* 15 window bits, and 16 for the gzip header, which then holds no time: same input, same
	 * file. */
	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK) {
		errno = ENOMEM;
		return -1;
	}
	stream.next_in = (Bytef *)(uintptr_t)bytes;
	while (result == Z_OK) {
		const size_t piece = count > 1U << 30 ? 1U << 30 : count;
		if (!stream.avail_in && count) {
			stream.avail_in = (uInt)piece;
			count -= piece;
		}
		stream.next_out = out;
		stream.avail_out = sizeof out;
		result = deflate(&stream, count ? Z_NO_FLUSH : Z_FINISH);
		fwrite(out, 1, sizeof out - stream.avail_out, file);
	}
	deflateEnd(&stream);
	return result == Z_STREAM_END && !ferror(file) ? 0 : -1;
}

static int write_file(const char *path, const uint8_t *bytes, size_t count, struct err *err)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "wbe") : stdout;

	if (!file) {
		return err_sys(err, "%s", path);
	}
	const bool failed = compress_to(file, bytes, count) != 0;
	const int why = errno;
	if (fclose(file) || failed) {
		errno = failed ? why : errno;
		/* Who closed the pipe knows. */
		return file == stdout && errno == EPIPE ? -1
							: err_sys(err, "%s: not written", path);
	}
	return 0;
}

static void release(struct builder *b)
{
	finder_clear(&b->strings);
	finder_clear(&b->shapes);
	free(b->out.string_table);
	free(b->out.sample);
	free(b->out.mapping);
	free(b->out.location);
	free(b->out.function);
	free(b->out.comment);
	free(b->out.sample_type);
	free(b->mapping_ids);
	free(b->function_ids);
	free(b->shape_list);
	mem_pool_free(b->pool);
}

int write_pprof(const struct write_job *job, const char *path, struct err *err)
{
	struct builder b = {.job = job, .pool = mem_pool_new()};

	profile__profile__init(&b.out);
	b.mapping_ids = mem_zero(job->profile->mapping_count, sizeof *b.mapping_ids);
	b.function_ids = mem_zero(job->profile->function_count, sizeof *b.function_ids);
	string_of(&b, "");
	add_about(&b);
	for (size_t i = 0; i < job->view->stack_count; i++) {
		add_sample(&b, &job->view->stacks[i]);
	}
	const size_t count = profile__profile__get_packed_size(&b.out);
	uint8_t *bytes = mem_alloc(count);
	profile__profile__pack(&b.out, bytes);
	const int result = write_file(path, bytes, count, err);
	free(bytes);
	release(&b);
	return result;
}
