/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/read_pprof.o tools/profile.o tools/finder.o tools/mem.o tools/err.o */
/* objects: tools/estimate.o gen/profile.pb-c.o */
/* Proves: a profile in pprof's format arrives in the model with names, inlined frames, sizes and
 * values, whatever order its sample types are in and whatever numbers its ids are; cut anywhere it
 * is refused; ids that lead nowhere are refused.
 * Fails when: an id is taken for an index, or a string's number is trusted. */
#include "read_pprof.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "mem.h"

#include <profile.pb-c.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { EMPTY, INUSE_SPACE, BYTES, OBJECTS, COUNT, MAIN, FILE_GO, INNER, PATH, BUILD_ID, STRINGS };

/* One sample at one location with an inlined function. */
struct file {
	Profile__Profile profile;
	Profile__ValueType types[2];
	Profile__Mapping mapping;
	Profile__Function functions[2];
	Profile__Line lines[2];
	Profile__Location location;
	Profile__Label label;
	Profile__Sample sample;
	int64_t values[2];
	uint64_t location_ids[1];
	void *pointers[10];
};

static const char *const strings[STRINGS] = {
	[EMPTY] = "",
	[INUSE_SPACE] = "inuse_space",
	[BYTES] = "bytes",
	[OBJECTS] = "inuse_objects",
	[COUNT] = "count",
	[MAIN] = "main.main",
	[FILE_GO] = "/src/main.go",
	[INNER] = "main.leak",
	[PATH] = "/bin/shop",
	[BUILD_ID] = "abcd",
};

static void function_set(struct file *file, int at, uint64_t id, int64_t name)
{
	profile__function__init(&file->functions[at]);
	file->functions[at].id = id;
	file->functions[at].name = name;
	file->functions[at].filename = FILE_GO;
	file->functions[at].start_line = 5;
	profile__line__init(&file->lines[at]);
	file->lines[at].function_id = id;
	file->lines[at].line = 10 + at;
}

static void samples_set(struct file *file)
{
	profile__location__init(&file->location);
	file->location.id = 1000;
	file->location.mapping_id = 99;
	file->location.address = 0x401007;
	profile__label__init(&file->label);
	file->label.key = BYTES;
	file->label.num = 64;
	profile__sample__init(&file->sample);
	file->values[0] = 640;
	file->values[1] = 10;
	file->location_ids[0] = 1000;
	file->sample.value = file->values;
	file->sample.n_value = 2;
	file->sample.location_id = file->location_ids;
	file->sample.n_location_id = 1;
}

static struct file *file_new(void)
{
	struct file *file = mem_zero(1, sizeof *file);
	void **p = file->pointers;

	profile__profile__init(&file->profile);
	profile__value_type__init(&file->types[0]);
	profile__value_type__init(&file->types[1]);
	file->types[0].type = INUSE_SPACE;
	file->types[1].type = OBJECTS;
	profile__mapping__init(&file->mapping);
	file->mapping.id = 99;
	file->mapping.memory_start = 0x401000;
	file->mapping.memory_limit = 0x402000;
	file->mapping.filename = PATH;
	file->mapping.build_id = BUILD_ID;
	function_set(file, 0, 70, INNER);
	function_set(file, 1, 7, MAIN);
	samples_set(file);
	p[0] = &file->types[0];
	p[1] = &file->types[1];
	p[2] = &file->mapping;
	p[3] = &file->functions[0];
	p[4] = &file->functions[1];
	p[5] = &file->lines[0];
	p[6] = &file->lines[1];
	p[7] = &file->location;
	p[8] = &file->label;
	p[9] = &file->sample;
	file->profile.sample_type = (void *)&p[0];
	file->profile.n_sample_type = 2;
	file->profile.mapping = (void *)&p[2];
	file->profile.n_mapping = 1;
	file->profile.function = (void *)&p[3];
	file->profile.n_function = 2;
	file->location.line = (void *)&p[5];
	file->location.n_line = 2;
	file->profile.location = (void *)&p[7];
	file->profile.n_location = 1;
	file->sample.label = (void *)&p[8];
	file->sample.n_label = 1;
	file->profile.sample = (void *)&p[9];
	file->profile.n_sample = 1;
	file->profile.string_table = (char **)(uintptr_t)strings;
	file->profile.n_string_table = STRINGS;
	file->profile.time_nanos = 1700000000;
	file->profile.period = 524288;
	return file;
}

static char *zip(const struct file *file, size_t *count)
{
	const size_t length = profile__profile__get_packed_size(&file->profile);
	uint8_t *plain = mem_alloc(length);
	char *out = mem_alloc(length + 1024);
	z_stream stream = {0};

	profile__profile__pack(&file->profile, plain);
	assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
			 Z_OK);
	stream.next_in = plain;
	stream.avail_in = (uInt)length;
	stream.next_out = (Bytef *)out;
	stream.avail_out = (uInt)length + 1024;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	*count = stream.total_out;
	deflateEnd(&stream);
	free(plain);
	return out;
}

static int read_it(const struct file *file, struct profile *profile, struct err *err)
{
	size_t count;
	char *bytes = zip(file, &count);

	assert_true(read_pprof_is(bytes, count));
	const int result = read_pprof(bytes, count, profile, err);
	free(bytes);
	return result;
}

static void whole(void **state)
{
	struct file *file = file_new();
	struct profile *p = profile_new();
	struct err err = {0};

	(void)state;
	assert_int_equal(read_it(file, p, &err), 0);
	assert_string_equal(p->about.program, "/bin/shop");
	assert_int_equal(p->about.rate, 524288);
	assert_true(p->about.no_alloc);
	assert_int_equal(p->stack_count, 1);
	const struct profile_stack *stack = &p->stacks[0];
	assert_int_equal(stack->size, 64);
	assert_int_equal(stack->value[PROFILE_INUSE_SPACE], 640);
	assert_int_equal(stack->value[PROFILE_INUSE_OBJECTS], 10);
	const struct profile_location *location = &p->locations[p->frames[stack->first_frame]];
	assert_int_equal(location->pc, 0x401007);
	assert_string_equal(p->mappings[location->mapping].build_id, "abcd");
	assert_int_equal(location->lines, 2);
	const struct profile_line *line = &p->lines[location->first_line];
	assert_string_equal(p->functions[line[0].function].name, "main.leak");
	assert_string_equal(p->functions[line[1].function].name, "main.main");
	assert_int_equal(p->functions[line[0].function].lang, PROFILE_LANG_GO);
	assert_int_equal(p->functions[line[0].function].start_line, 5);
	assert_int_equal(line[1].line, 11);

	profile_add_root(p, "[Go heap]");
	assert_int_equal(p->stacks[0].depth, 2);
	profile_free(p);
	free(file);
}

static void refused(const struct file *file, const char *why)
{
	struct profile *p = profile_new();
	struct err err = {0};

	assert_int_equal(read_it(file, p, &err), -1);
	assert_non_null(strstr(err.text, why));
	profile_free(p);
}

static void dangling(void **state)
{
	struct file *file = file_new();

	(void)state;
	file->location_ids[0] = 1;
	refused(file, "location 1");
	file->location_ids[0] = 1000;
	file->lines[0].function_id = 0;
	refused(file, "function 0");
	file->lines[0].function_id = 70;
	file->location.mapping_id = 5;
	refused(file, "mapping 5");
	file->location.mapping_id = 99;
	file->types[0].type = STRINGS + 5;
	file->types[1].type = -1;
	refused(file, "heap sample types");
	file->types[0].type = INUSE_SPACE;
	file->functions[0].name = 1000000;
	struct profile *p = profile_new();
	struct err err = {0};
	assert_int_equal(read_it(file, p, &err), 0);
	assert_string_equal(p->functions[0].name, "<unknown>");
	profile_free(p);
	free(file);
}

static void cut_anywhere(void **state)
{
	struct file *file = file_new();
	size_t count;
	char *bytes = zip(file, &count);

	(void)state;
	for (size_t n = 0; n < count; n++) {
		struct profile *p = profile_new();
		struct err err = {0};
		char *piece = mem_copy(bytes, n);
		assert_int_equal(read_pprof(piece, n, p, &err), -1);
		free(piece);
		profile_free(p);
	}
	free(bytes);
	free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(dangling),
		cmocka_unit_test(cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
