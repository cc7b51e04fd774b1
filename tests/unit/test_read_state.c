/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/read_state.o tools/estimate.o tools/profile.o tools/finder.o tools/mem.o */
/* objects: tools/err.o */
/* Proves: a state file arrives in the model as its writer left it: stacks, counts at the rate of
 * their own epoch, modules, losses; cut or damaged anywhere it gives what is left and says so.
 * Fails when: layout.h changes and the reader does not, or the reader trusts an offset. */
#include "read_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/layout.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW = 4096, BYTES = LAYOUT_HEADER_BYTES + LAYOUT_REGIONS * WINDOW };

union file {
	struct layout_header header;
	char bytes[BYTES];
	uint64_t aligned;
};

static void *records(union file *file, enum layout_region region)
{
	return file->bytes + file->header.windows[region].offset;
}

static uint32_t put_frames(union file *file, const uint64_t *pcs, size_t count)
{
	struct layout_window *window = &file->header.windows[LAYOUT_FRAMES];
	char *at = (char *)records(file, LAYOUT_FRAMES) + window->used;
	struct layout_frames *frames = (void *)at;
	const uint32_t offset = (uint32_t)window->used;
	uint64_t before = 0;

	frames->count = (uint16_t)count;
	for (size_t i = 0; i < count; i++) {
		const int64_t step = (int64_t)(pcs[i] - before);
		uint64_t zigzag = (uint64_t)step << 1 ^ (uint64_t)(step >> 63);
		do {
			frames->data[frames->bytes++] =
				(uint8_t)((zigzag & 0x7f) | (zigzag > 0x7f ? 0x80 : 0));
			zigzag >>= 7;
		} while (zigzag);
		before = pcs[i];
	}
	window->used += (sizeof *frames + frames->bytes + 7) / 8 * 8;
	return offset / 8;
}

static void put_entry(union file *file, uint32_t frames, uint64_t size, uint32_t epoch,
		      uint64_t allocs, uint64_t frees)
{
	struct layout_window *window = &file->header.windows[LAYOUT_ENTRIES];
	struct layout_entry *entries = records(file, LAYOUT_ENTRIES);

	entries[window->used / sizeof *entries] = (struct layout_entry){.frames = frames,
									.size = size,
									.slack = 8,
									.epoch = epoch,
									.allocs = allocs,
									.frees = frees};
	window->used += sizeof *entries;
}

static void put_module(union file *file, uint64_t start, const char *path)
{
	struct layout_window *window = &file->header.windows[LAYOUT_MODULES];
	struct layout_module *module =
		(void *)((char *)records(file, LAYOUT_MODULES) + window->used);
	const size_t length = strlen(path);

	module->bytes = (uint32_t)((sizeof *module + length + 7) / 8 * 8);
	module->start = start;
	module->end = start + 0x1000;
	module->offset = 0x1000;
	module->path_bytes = (uint16_t)length;
	module->build_id_bytes = 2;
	module->build_id[0] = 0xab;
	module->build_id[1] = 0x0c;
	memcpy(module->path, path, length);
	window->used += module->bytes;
}

static union file *file_new(void)
{
	static const uint64_t first[] = {0x401005, 0x7f0000001001, PROFILE_PC_CUT};
	static const uint64_t second[] = {0x401105, 0x401205};
	union file *file = calloc(1, sizeof *file);
	struct layout_header *header = &file->header;

	header->magic = LAYOUT_MAGIC;
	header->version = LAYOUT_VERSION;
	header->header_bytes = LAYOUT_HEADER_BYTES;
	header->file_bytes = BYTES;
	header->pid = 4711;
	header->start_ns = 1700000000000000000;
	header->epoch = 1;
	header->rates[0] = 1;
	header->rates[1] = 524288;
	header->counts.cut_stacks = 1;
	header->counts.lost_samples = 2;
	header->counts.lost_live = 3;
	header->counts.failures = 4;
	header->off = LAYOUT_OFF_TABLE;
	header->name_bytes = 9;
	memcpy(header->name, "/bin/shop", 9);
	for (int i = 0; i < LAYOUT_REGIONS; i++) {
		header->windows[i] =
			(struct layout_window){.offset = LAYOUT_HEADER_BYTES + (uint64_t)i * WINDOW,
					       .size = WINDOW,
					       .reserved = WINDOW};
	}
	put_entry(file, put_frames(file, first, 3), 100, 0, 8, 3);
	put_entry(file, put_frames(file, second, 2), 64, 1, 2, 1);
	put_entry(file, 0, 0, 0, 4, 0);
	put_entry(file, 0, 7, 0, 0, 0);
	put_module(file, 0x401000, "/bin/shop");
	put_module(file, 0x7f0000001000, "/lib/libc.so.6");
	return file;
}

static void whole(void **state)
{
	union file *file = file_new();
	struct profile *p = profile_new();
	struct err err = {0};

	(void)state;
	assert_true(read_state_is(file->bytes, BYTES));
	assert_int_equal(read_state(file->bytes, BYTES, p, &err), 0);
	assert_null(p->about.partial);
	assert_string_equal(p->about.program, "/bin/shop");
	assert_int_equal(p->about.pid, 4711);
	assert_int_equal(p->about.lost_samples, 2);
	assert_int_equal(p->about.lost_live, 3);
	assert_int_equal(p->about.failures, 4);
	assert_string_equal(p->about.off, "table");
	assert_int_equal(p->about.rate_changes, 1);
	assert_int_equal(p->stack_count, 3);
	const struct profile_stack *exact = &p->stacks[0];
	assert_int_equal(exact->value[PROFILE_INUSE_OBJECTS], 5);
	assert_int_equal(exact->value[PROFILE_ALLOC_SPACE], 800);
	assert_int_equal(exact->usable, 108);
	assert_int_equal(p->stacks[1].value[PROFILE_INUSE_OBJECTS], 8192);
	assert_int_equal(p->stacks[2].size, 1); /* malloc(0) counts as one byte */
	const struct profile_location *pc = &p->locations[p->frames[exact->first_frame]];
	assert_int_equal(pc->pc, 0x401004);
	assert_string_equal(p->mappings[pc->mapping].path, "/bin/shop");
	assert_string_equal(p->mappings[pc->mapping].build_id, "ab0c");
	profile_free(p);
	free(file);
}

static void cut_anywhere(void **state)
{
	union file *file = file_new();

	(void)state;
	for (size_t n = 0; n < BYTES; n += n < LAYOUT_HEADER_BYTES ? 512 : 8) {
		struct profile *p = profile_new();
		struct err err = {0};
		char *piece = malloc(n + 1);
		assert_non_null(piece);
		memcpy(piece, file->bytes, n);
		const int result = read_state(piece, n, p, &err);
		assert_int_equal(result, n < LAYOUT_HEADER_BYTES ? -1 : 0);
		assert_true(result || p->about.partial_stacks);
		free(piece);
		profile_free(p);
	}
	free(file);
}

/* One byte wrong, at every place that is read: no crash, whatever comes out. */
static void damaged_anywhere(void **state)
{
	static const unsigned char values[] = {0, 1, 7, 0x7f, 0x80, 0xff};
	union file *file = file_new();

	(void)state;
	for (size_t at = 0; at < BYTES; at++) {
		const char good = file->bytes[at];
		if (!good && at >= LAYOUT_HEADER_BYTES) {
			continue;
		}
		for (size_t i = 0; i < sizeof values; i++) {
			struct profile *p = profile_new();
			struct err err = {0};
			file->bytes[at] = (char)values[i];
			read_state(file->bytes, BYTES, p, &err);
			profile_free(p);
		}
		file->bytes[at] = good;
	}
	free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(damaged_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
