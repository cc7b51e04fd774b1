/* SPDX-License-Identifier: Apache-2.0 */
/* Ids in profile.proto are any numbers that differ. Writers number from 1 in order, so an id is
 * looked for at that place first and by a finder where it is not there. */
#include "read_pprof.h"

#include "estimate.h"
#include "mem.h"

#include <profile.pb-c.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define LARGEST ((size_t)256 << 20) /* unpacked; a larger one is a bomb or not a heap profile */

struct reader {
	const Profile__Profile *in;
	struct profile *profile;
	struct finder mapping_ids, location_ids, function_ids;
	uint32_t *mappings, *locations; /* of each in the file: its number in the model */
	int types[PROFILE_TYPES];	/* which value of a sample; -1: none */
};

static const char *text_of(const struct reader *r, int64_t number)
{
	if (number <= 0 || (uint64_t)number >= r->in->n_string_table) {
		return NULL;
	}
	const char *text = r->in->string_table[number];
	return *text ? text : NULL;
}

static int find_types(struct reader *r, struct err *err)
{
	static const char *const others[PROFILE_TYPES] = {
		[PROFILE_INUSE_OBJECTS] = "objects",
		[PROFILE_INUSE_SPACE] = "space",
	};
	bool any = false;

	for (int t = 0; t < PROFILE_TYPES; t++) {
		r->types[t] = -1;
		for (size_t i = 0; i < r->in->n_sample_type; i++) {
			const char *name = text_of(r, r->in->sample_type[i]->type);
			if (name && (!strcmp(name, profile_type_name(t)) ||
				     (others[t] && !strcmp(name, others[t])))) {
				r->types[t] = (int)i;
				any = true;
			}
		}
	}
	return any ? 0 : err_set(err, "a profile without heap sample types");
}

/* The place of an id, or of none: FINDER_NONE. */
#define FIND(r, list, count, ids, wanted)                                                        \
	({                                                                                       \
		uint32_t found_ = FINDER_NONE;                                                   \
		size_t at_ = 0;                                                                  \
		while ((found_ = finder_next(&(r)->ids, finder_hash_number(0, wanted), &at_)) != \
		       FINDER_NONE) {                                                            \
			if ((r)->in->list[found_]->id == (wanted)) {                             \
				break;                                                           \
			}                                                                        \
		}                                                                                \
		found_;                                                                          \
	})

static void index_ids(struct reader *r)
{
	for (uint32_t i = 0; i < r->in->n_mapping; i++) {
		finder_put(&r->mapping_ids, finder_hash_number(0, r->in->mapping[i]->id), i);
	}
	for (uint32_t i = 0; i < r->in->n_location; i++) {
		finder_put(&r->location_ids, finder_hash_number(0, r->in->location[i]->id), i);
	}
	for (uint32_t i = 0; i < r->in->n_function; i++) {
		finder_put(&r->function_ids, finder_hash_number(0, r->in->function[i]->id), i);
	}
}

static void read_mappings(struct reader *r)
{
	r->mappings = mem_alloc(r->in->n_mapping * sizeof *r->mappings);
	for (size_t i = 0; i < r->in->n_mapping; i++) {
		const Profile__Mapping *from = r->in->mapping[i];
		const struct profile_mapping mapping = {
			.start = from->memory_start,
			.end = from->memory_limit,
			.offset = from->file_offset,
			.path = text_of(r, from->filename),
			.build_id = text_of(r, from->build_id),
		};
		const uint32_t number = profile_add_mapping(r->profile, &mapping);
		r->profile->mappings[number].has_functions = from->has_functions;
		r->profile->mappings[number].has_lines = from->has_line_numbers;
		r->profile->mappings[number].has_inlines = from->has_inline_frames;
		r->mappings[i] = number;
	}
}

static int read_line(struct reader *r, const Profile__Line *from, const char *module,
		     struct profile_line *line, struct err *err)
{
	const uint32_t at = FIND(r, function, n_function, function_ids, from->function_id);

	if (at == FINDER_NONE) {
		return err_set(err, "a line of function %llu, which is not there",
			       (unsigned long long)from->function_id);
	}
	const Profile__Function *function = r->in->function[at];
	const char *name = text_of(r, function->name);
	const char *file = text_of(r, function->filename);
	const size_t length = file ? strlen(file) : 0;
	/* C code in a Go file's preamble has its name too, but no package in front. */
	const bool go =
		length > 3 && !strcmp(file + length - 3, ".go") && name && strchr(name, '.');
	const struct profile_function copy = {
		.name = name ? name : "<unknown>",
		.symbol = text_of(r, function->system_name),
		.file = file,
		.module = module,
		.start_line = function->start_line > 0 && function->start_line < INT32_MAX
				      ? (uint32_t)function->start_line
				      : 0,
		.lang = go ? PROFILE_LANG_GO : PROFILE_LANG_UNKNOWN,
	};
	line->function = profile_add_function(r->profile, &copy);
	line->line = from->line > 0 && from->line < INT32_MAX ? (uint32_t)from->line : 0;
	return 0;
}

static int read_location(struct reader *r, const Profile__Location *from, uint32_t *number,
			 struct err *err)
{
	uint32_t mapping = PROFILE_NONE;
	const char *module = NULL;

	if (from->mapping_id) {
		const uint32_t at = FIND(r, mapping, n_mapping, mapping_ids, from->mapping_id);
		if (at == FINDER_NONE) {
			return err_set(err, "a location in mapping %llu, which is not there",
				       (unsigned long long)from->mapping_id);
		}
		mapping = r->mappings[at];
		module = r->profile->mappings[mapping].path;
	}
	/* Addresses may be gone or shared by several locations: the id keeps them apart. */
	const bool unique = from->address && mapping != PROFILE_NONE;
	*number = profile_add_location(r->profile, unique ? from->address : from->id, mapping);
	if (!from->n_line) {
		return 0;
	}
	struct profile_line *lines = mem_alloc(from->n_line * sizeof *lines);
	int result = 0;
	for (size_t i = 0; i < from->n_line && !result; i++) {
		result = read_line(r, from->line[i], module, &lines[i], err);
	}
	if (!result) {
		profile_set_lines(r->profile, *number, lines, from->n_line);
	}
	free(lines);
	return result;
}

static uint64_t size_of(const struct reader *r, const Profile__Sample *sample)
{
	for (size_t i = 0; i < sample->n_label; i++) {
		const char *key = text_of(r, sample->label[i]->key);
		if (key && !strcmp(key, "bytes") && sample->label[i]->num > 0) {
			return (uint64_t)sample->label[i]->num;
		}
	}
	return 0;
}

static int read_sample(struct reader *r, const Profile__Sample *sample, struct err *err)
{
	uint32_t *frames = mem_alloc(sample->n_location_id * sizeof *frames);
	struct profile_stack values = {0};
	int result = 0;

	for (size_t i = 0; i < sample->n_location_id && !result; i++) {
		const uint64_t id = sample->location_id[i];
		const uint32_t at = FIND(r, location, n_location, location_ids, id);
		if (at == FINDER_NONE) {
			result = err_set(err, "a sample at location %llu, which is not there",
					 (unsigned long long)id);
		} else {
			frames[i] = r->locations[at];
		}
	}
	for (int t = 0; t < PROFILE_TYPES; t++) {
		if (r->types[t] >= 0 && (size_t)r->types[t] < sample->n_value) {
			values.value[t] = sample->value[r->types[t]];
		}
	}
	estimate_scaled(&values, r->profile->about.rate);
	if (!result) {
		const uint32_t number = profile_add_stack(r->profile, frames, sample->n_location_id,
							  size_of(r, sample));
		profile_add_values(&r->profile->stacks[number], &values, 1);
	}
	free(frames);
	return result;
}

static void read_about(struct reader *r)
{
	struct profile_about *about = &r->profile->about;
	const Profile__Profile *in = r->in;

	about->program = in->n_mapping ? text_of(r, in->mapping[0]->filename) : NULL;
	if (about->program) {
		about->program = profile_string(r->profile, about->program, strlen(about->program));
	}
	about->dump_ns = in->time_nanos > 0 ? in->time_nanos : 0;
	about->rate = in->period > 0 ? (uint64_t)in->period : 1;
	about->no_alloc = r->types[PROFILE_ALLOC_SPACE] < 0;
}

static int read_profile_proto(struct reader *r, struct err *err)
{
	if (find_types(r, err)) {
		return -1;
	}
	index_ids(r);
	read_mappings(r);
	read_about(r);
	r->locations = mem_alloc(r->in->n_location * sizeof *r->locations);
	for (size_t i = 0; i < r->in->n_location; i++) {
		if (read_location(r, r->in->location[i], &r->locations[i], err)) {
			return -1;
		}
	}
	for (size_t i = 0; i < r->in->n_sample; i++) {
		if (read_sample(r, r->in->sample[i], err)) {
			return -1;
		}
	}
	return 0;
}

/* The unpacked bytes, to be freed; NULL with @err. */
static char *unpack(const char *bytes, size_t count, size_t *length, struct err *err)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)count};
	char *out = NULL;
	size_t room = 0;
	int result = Z_OK;

	*length = 0;
	if (count > UINT32_MAX || inflateInit2(&stream, 15 + 16) != Z_OK) {
		err_set(err, "too large to be unpacked");
		return NULL;
	}
	while (result == Z_OK && *length < LARGEST) {
		out = mem_grow(out, &room, *length + 65536, 1);
		stream.next_out = (Bytef *)out + *length;
		stream.avail_out =
			(uInt)(room - *length > UINT32_MAX ? UINT32_MAX : room - *length);
		const size_t before = stream.avail_out;
		result = inflate(&stream, Z_NO_FLUSH);
		*length += before - stream.avail_out;
	}
	inflateEnd(&stream);
	if (result != Z_STREAM_END) {
		err_set(err, result == Z_OK ? "unpacks to more than 256 MB"
					    : "damaged or cut gzip data");
		free(out);
		return NULL;
	}
	return out;
}

bool read_pprof_is(const char *bytes, size_t count)
{
	return count > 2 && !memcmp(bytes, "\x1f\x8b", 2);
}

int read_pprof(const char *bytes, size_t count, struct profile *profile, struct err *err)
{
	struct reader r = {.profile = profile};
	size_t length;
	char *plain = unpack(bytes, count, &length, err);

	if (!plain) {
		return -1;
	}
	Profile__Profile *in = profile__profile__unpack(NULL, length, (const uint8_t *)plain);
	free(plain);
	if (!in) {
		return err_set(err, "not a profile of pprof");
	}
	r.in = in;
	const int result = read_profile_proto(&r, err);
	finder_clear(&r.mapping_ids);
	finder_clear(&r.location_ids);
	finder_clear(&r.function_ids);
	free(r.mappings);
	free(r.locations);
	profile__profile__free_unpacked(in, NULL);
	return result;
}
