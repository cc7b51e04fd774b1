/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/name_gopclntab.o tools/name_gorecord.o tools/name_goprobe.o tools/err.o */
/* Proves: in all four layouts of Go's function table a PC gives the function, its file and line,
 * the inlined calls around it in order, without wrappers; a table that is cut anywhere or has any
 * one byte changed is read without leaving it, and a ring of inlined calls ends. Fails when: a
 * field moves, a varint or a step is decoded otherwise, a read is not checked. */
#include "name_gopclntab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define TABLE	0x600000U
#define TREES	0x700000U
#define TEXT	0x401000U
#define WRAPPER 21

/* A table under construction. It is written into memory of exactly its size before it is read, so
 * that AddressSanitizer sees each read beyond its end. */
struct made {
	enum gopclntab_layout layout;
	unsigned char bytes[2048], trees[256];
	size_t size;
};

static void put(struct made *made, size_t at, uint64_t value, unsigned width)
{
	assert_true(at + width <= sizeof(made->bytes));
	memcpy(made->bytes + at, &value, width);
	made->size = at + width > made->size ? at + width : made->size;
}

static size_t put_text(struct made *made, const char *text)
{
	size_t at = made->size;

	memcpy(made->bytes + at, text, strlen(text) + 1);
	made->size += strlen(text) + 1;
	return at;
}

/* put_steps - pairs (value, length of the range), until a length of 0 */
static size_t put_steps(struct made *made, const int *steps)
{
	size_t at = made->size;
	int value = -1;

	for (; steps[1]; value = steps[0], steps += 2) {
		unsigned delta = (unsigned)(steps[0] - value);
		unsigned zigzag = delta << 1 ^ (unsigned)-(int)(delta >> 31);

		/* Two bytes for each: the form that real tables have only for large steps. */
		put(made, made->size, (zigzag & 0x7f) | 0x80, 1);
		put(made, made->size, zigzag >> 7, 1);
		put(made, made->size, (unsigned)steps[1], 1);
	}
	put(made, made->size, 0, 1);
	return at;
}

static void put_node(struct made *made, unsigned index, unsigned id, size_t name,
		     unsigned parent_pc)
{
	bool small = made->layout == GOPCLNTAB_GO120;
	unsigned char *node = made->trees + index * (small ? 16 : 20);
	uint32_t name32 = (uint32_t)name, start = 90 + index;

	node[small ? 0 : 2] = (unsigned char)id;
	memcpy(node + (small ? 4 : 12), &name32, 4);
	memcpy(node + (small ? 8 : 16), &parent_pc, 4);
	if (small) {
		memcpy(node + 12, &start, 4);
	}
}

/* What a function's record refers to. */
struct parts {
	size_t name, file, line, tree;
	unsigned id, start_line;
	uint64_t entry, trees;
};

static size_t put_record(struct made *made, const struct parts *parts)
{
	bool wide = made->layout < GOPCLNTAB_GO118;
	unsigned index = made->layout == GOPCLNTAB_GO12 ? 4 : 3;
	size_t at = made->size = (made->size + 7) & ~(size_t)7, next = at, i;

	put(made, next, wide ? parts->entry : parts->entry - TEXT, wide ? 8 : 4);
	next += wide ? 8 : 4;
	put(made, next, parts->name, 4);
	put(made, next + 16, parts->file, 4);
	put(made, next + 20, parts->line, 4);
	put(made, next + 24, 3, 4);
	next += 28;
	if (made->layout >= GOPCLNTAB_GO116) {
		put(made, next, 1, 4); /* its files start at 1 of the table of units */
		next += 4;
	}
	if (made->layout == GOPCLNTAB_GO120) {
		put(made, next, parts->start_line, 4);
		next += 4;
	}
	put(made, next, parts->id, 1);
	put(made, next + 3, index + 1, 1);
	next += 4;
	put(made, next + 8, parts->tree, 4);
	next += 12;
	if (wide) {
		next = (next + 7) & ~(size_t)7;
	}
	for (i = 0; i <= index; i++) {
		uint64_t none = wide ? 0 : UINT32_MAX;
		uint64_t where = wide ? parts->trees : parts->trees - TREES;

		put(made, next, i == index && parts->trees ? where : none, wide ? 8 : 4);
		next += wide ? 8 : 4;
	}
	return at;
}

/*  main.outer    401000 - 401040, main.inner[int] inlined at 10 - 20, in it main.deep at 18 - 20
 *  main.(*T).M   401040 - 401060, a wrapper, main.T.M inlined at 48 - 58
 *  main.asm      401060 - 401070, without a file */
static void make(struct made *made, enum gopclntab_layout layout)
{
	static const uint32_t magics[] = {0xfffffffb, 0xfffffffa, 0xfffffff0, 0xfffffff1};
	bool old = layout == GOPCLNTAB_GO12;
	unsigned pair = layout >= GOPCLNTAB_GO118 ? 4 : 8, first = old ? 1 : 0;
	size_t header = old ? 16 : layout == GOPCLNTAB_GO116 ? 64 : 72;
	size_t tab, names, units, files, pcs, records[3], a, b, generated, i, inner, deep, method;
	struct parts parts[3] = {{0}};

	memset(made, 0, sizeof(*made));
	made->layout = layout;
	put(made, 0, magics[layout], 4);
	put(made, 6, 1, 1);
	put(made, 7, 8, 1);
	put(made, 8, 3, 8);
	/* Go 1.2 has the pairs first and offsets from the start; later ones have them last. */
	tab = header;
	made->size = old ? tab + 7 * 8 + 4 : header;
	names = old ? 0 : made->size;
	parts[0].name = put_text(made, "main.outer") - names;
	parts[1].name = put_text(made, "main.(*T).M") - names;
	parts[2].name = put_text(made, "main.asm") - names;
	inner = put_text(made, "main.inner[int]") - names;
	deep = put_text(made, "main.deep") - names;
	method = put_text(made, "main.T.M") - names;
	units = made->size;
	made->size += 16;
	files = old ? 0 : made->size;
	a = put_text(made, "/src/a.go") - files;
	b = put_text(made, "/src/b.go") - files;
	generated = put_text(made, "<autogenerated>") - files;
	put(made, units, old ? 4 : UINT32_MAX, 4);
	put(made, units + 4, a, 4);
	put(made, units + 8, b, 4);
	put(made, units + 12, generated, 4);
	pcs = old ? 0 : made->size;
	put_text(made, "");
	parts[0].file = put_steps(made, (int[]){(int)first, 0x18, (int)first + 1, 0x08, (int)first,
						0x20, 0, 0}) -
			pcs;
	parts[0].line = put_steps(made, (int[]){10, 0x10, 200, 8, 30, 8, 11, 0x20, 0, 0}) - pcs;
	parts[0].tree = put_steps(made, (int[]){-1, 0x10, 0, 8, 1, 8, -1, 0x20, 0, 0}) - pcs;
	parts[1].file = put_steps(made, (int[]){(int)first + 2, 8, (int)first, 0x10, (int)first + 2,
						8, 0, 0}) -
			pcs;
	parts[1].line = put_steps(made, (int[]){1, 8, 40, 0x10, 1, 8, 0, 0}) - pcs;
	parts[1].tree = put_steps(made, (int[]){-1, 8, 2, 0x10, -1, 8, 0, 0}) - pcs;
	put_node(made, 0, 0, inner, 8);
	put_node(made, 1, 0, deep, 0x14);
	put_node(made, 2, 0, method, 4);
	parts[1].id = WRAPPER;
	parts[0].start_line = 9;
	for (i = 0; i < 3; i++) {
		parts[i].entry = TEXT + (i == 0 ? 0 : i == 1 ? 0x40 : 0x60);
		parts[i].trees = i < 2 ? TREES : 0;
	}
	if (!old) {
		made->size = (made->size + 7) & ~(size_t)7;
		tab = made->size;
		made->size += 7 * pair + 4;
	}
	for (i = 0; i < 3; i++) {
		records[i] = put_record(made, &parts[i]) - (old ? 0 : tab);
		put(made, tab + 2 * i * pair, parts[i].entry - (pair == 4 ? TEXT : 0), pair);
		put(made, tab + (2 * i + 1) * pair, records[i], pair);
	}
	put(made, tab + 6 * pair, TEXT + 0x70 - (pair == 4 ? TEXT : 0), pair);
	if (old) {
		put(made, tab + 7 * pair, units, 4);
		return;
	}
	put(made, 16, 3, 8);
	put(made, header - 40, names, 8);
	put(made, header - 32, units, 8);
	put(made, header - 24, files, 8);
	put(made, header - 16, pcs, 8);
	put(made, header - 8, tab, 8);
}

/* The trees, too, lie in memory of exactly their size. */
static struct elf_range trees_at(void *context, uint64_t vaddr)
{
	const unsigned char *trees = context;

	if (vaddr < TREES || vaddr >= TREES + 60) {
		return (struct elf_range){0};
	}
	return (struct elf_range){trees + (vaddr - TREES), 60 - (size_t)(vaddr - TREES), vaddr};
}

struct opened {
	struct gopclntab tab;
	unsigned char *bytes, *trees;
};

static bool open_made(struct opened *opened, const struct made *made, size_t size)
{
	static const uint64_t bases[] = {0, 0x1234, TREES};

	opened->bytes = malloc(size ? size : 1);
	opened->trees = malloc(60);
	memcpy(opened->bytes, made->bytes, size);
	memcpy(opened->trees, made->trees, 60);
	if (gopclntab_open(&opened->tab, (struct elf_range){opened->bytes, size, TABLE}, TEXT,
			   trees_at, opened->trees, NULL)) {
		return false;
	}
	gopclntab_probe_trees(&opened->tab, bases, 3);
	gopclntab_probe_wrappers(&opened->tab);
	return true;
}

static void close_made(struct opened *opened)
{
	free(opened->bytes);
	free(opened->trees);
}

static void check_frame(const struct gopclntab_frame *frame, const char *name, const char *file,
			unsigned line)
{
	assert_string_equal(frame->name, name);
	if (file) {
		assert_string_equal(frame->file, file);
	} else {
		assert_null(frame->file);
	}
	assert_int_equal(frame->line, line);
}

static void check_layout(enum gopclntab_layout layout)
{
	struct gopclntab_frame frames[GOPCLNTAB_FRAMES_MOST];
	struct gopclntab_function function;
	struct opened opened;
	struct made made;
	uint32_t index;

	make(&made, layout);
	assert_true(open_made(&opened, &made, made.size));
	assert_int_equal(opened.tab.layout, layout);
	assert_int_equal(opened.tab.function_count, 3);
	assert_true(opened.tab.trees);
	assert_int_equal(opened.tab.wrapper_id, WRAPPER);

	assert_int_equal(gopclntab_lookup(&opened.tab, TEXT - 1, frames), 0);
	assert_int_equal(gopclntab_lookup(&opened.tab, TEXT + 0x70, frames), 0);
	assert_int_equal(gopclntab_lookup(&opened.tab, TEXT, frames), 1);
	check_frame(&frames[0], "main.outer", "/src/a.go", 10);
	assert_int_equal(frames[0].start_line, layout == GOPCLNTAB_GO120 ? 9 : 0);
	assert_int_equal(gopclntab_lookup(&opened.tab, TEXT + 0x17, frames), 2);
	check_frame(&frames[0], "main.inner[int]", "/src/a.go", 200);
	check_frame(&frames[1], "main.outer", "/src/a.go", 10);
	assert_int_equal(gopclntab_lookup(&opened.tab, TEXT + 0x18, frames), 3);
	check_frame(&frames[0], "main.deep", "/src/b.go", 30);
	check_frame(&frames[1], "main.inner[int]", "/src/a.go", 200);
	check_frame(&frames[2], "main.outer", "/src/a.go", 10);
	assert_int_equal(frames[1].start_line, layout == GOPCLNTAB_GO120 ? 90 : 0);
	assert_int_equal(gopclntab_lookup(&opened.tab, TEXT + 0x20, frames), 1);
	check_frame(&frames[0], "main.outer", "/src/a.go", 11);

	assert_int_equal(gopclntab_lookup(&opened.tab, TEXT + 0x40, frames), 1);
	check_frame(&frames[0], "main.(*T).M", "<autogenerated>", 1);
	assert_true(frames[0].wrapper);
	assert_int_equal(gopclntab_lookup(&opened.tab, TEXT + 0x50, frames), 1);
	check_frame(&frames[0], "main.T.M", "/src/a.go", 40);
	assert_false(frames[0].wrapper);
	assert_int_equal(gopclntab_lookup(&opened.tab, TEXT + 0x6f, frames), 1);
	check_frame(&frames[0], "main.asm", NULL, 0);

	assert_true(gopclntab_find(&opened.tab, TEXT + 0x5f, &index));
	assert_int_equal(index, 1);
	assert_true(gopclntab_function(&opened.tab, index, &function));
	assert_string_equal(function.name, "main.(*T).M");
	assert_int_equal(function.entry, TEXT + 0x40);
	assert_int_equal(function.end, TEXT + 0x60);
	assert_false(gopclntab_function(&opened.tab, 3, &function));
	close_made(&opened);
}

static void each_layout(void **state)
{
	enum gopclntab_layout layout;

	(void)state;
	for (layout = GOPCLNTAB_GO12; layout <= GOPCLNTAB_GO120; layout++) {
		check_layout(layout);
	}
}

static void look_everywhere(const struct made *made, size_t size)
{
	struct gopclntab_frame frames[GOPCLNTAB_FRAMES_MOST];
	struct gopclntab_function function;
	struct opened opened;
	uint64_t pc;

	if (open_made(&opened, made, size)) {
		for (pc = TEXT - 1; pc <= TEXT + 0x70; pc++) {
			assert_true(gopclntab_lookup(&opened.tab, pc, frames) <=
				    GOPCLNTAB_FRAMES_MOST);
		}
		gopclntab_function(&opened.tab, 1, &function);
	}
	close_made(&opened);
}

static void cut_and_changed(void **state)
{
	static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
	enum gopclntab_layout layout;
	struct made made;
	size_t at, i;

	(void)state;
	for (layout = GOPCLNTAB_GO12; layout <= GOPCLNTAB_GO120; layout++) {
		make(&made, layout);
		for (at = 0; at < made.size; at++) {
			look_everywhere(&made, at);
		}
		for (at = 0; at < made.size; at++) {
			unsigned char was = made.bytes[at];

			for (i = 0; i < sizeof(values); i++) {
				made.bytes[at] = values[i];
				look_everywhere(&made, made.size);
			}
			made.bytes[at] = was;
		}
	}
}

/* A node whose call is inside of itself, and wrappers in a ring, which add no frames. */
static void ring_ends(void **state)
{
	struct gopclntab_frame frames[GOPCLNTAB_FRAMES_MOST];
	struct opened opened;
	struct made made;

	(void)state;
	make(&made, GOPCLNTAB_GO120);
	made.trees[8] = 0x12;
	assert_true(open_made(&opened, &made, made.size));
	assert_int_equal(gopclntab_lookup(&opened.tab, TEXT + 0x12, frames), GOPCLNTAB_FRAMES_MOST);
	check_frame(&frames[GOPCLNTAB_FRAMES_MOST - 1], "main.outer", "/src/a.go", 200);
	opened.trees[0] = WRAPPER;
	assert_int_equal(gopclntab_lookup(&opened.tab, TEXT + 0x12, frames), 2);
	close_made(&opened);
}

/* Without a base that makes sense there are functions, but no inlined calls. */
static void unknown_trees(void **state)
{
	static const uint64_t bases[] = {0x1234};
	struct gopclntab_frame frames[GOPCLNTAB_FRAMES_MOST];
	struct opened opened;
	struct made made;

	(void)state;
	make(&made, GOPCLNTAB_GO118);
	assert_true(open_made(&opened, &made, made.size));
	assert_false(gopclntab_probe_trees(&opened.tab, bases, 1));
	assert_int_equal(gopclntab_lookup(&opened.tab, TEXT + 0x12, frames), 1);
	check_frame(&frames[0], "main.outer", "/src/a.go", 200);
	close_made(&opened);
}

static void printed_names(void **state)
{
	char buffer[32];

	(void)state;
	assert_string_equal(gopclntab_print_name("main.f", buffer, sizeof(buffer)), "main.f");
	assert_string_equal(gopclntab_print_name("main.F[int]", buffer, sizeof(buffer)),
			    "main.F[...]");
	assert_string_equal(gopclntab_print_name("m.(*T[a.B[c]]).M[d].func1", buffer, 32),
			    "m.(*T[...].func1");
	assert_string_equal(gopclntab_print_name("main.F]x[", buffer, sizeof(buffer)), "main.F]x[");
	assert_null(gopclntab_print_name("main.F[int]", buffer, 11));
	assert_non_null(gopclntab_print_name("main.F[int]", buffer, 12));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_layout),	 cmocka_unit_test(cut_and_changed),
		cmocka_unit_test(ring_ends),	 cmocka_unit_test(unknown_trees),
		cmocka_unit_test(printed_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
