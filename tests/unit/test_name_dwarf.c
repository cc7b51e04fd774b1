/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/elf_unpack.o tools/name_package.o */
/* objects: tools/progress.o tools/msg.o */
/* objects: tools/name.o tools/name_answers.o tools/name_dwarf.o tools/name_scopes.o */
/* objects: tools/name_spans.o tools/name_symbols.o */
/* objects: tools/name_gofind.o tools/name_gopclntab.o tools/name_gorecord.o */
/* objects: tools/name_goprobe.o tools/elfs_debug.o tools/elfs.o tools/elfs_remote.o */
/* objects: tools/elfs_vdso.o tools/elf_image.o */
/* objects: tools/name_jit.o tools/alive.o tools/demangle.o tools/mem.o tools/err.o */
/* Proves: the namer finds in this very program, mapped wherever the loader put it, the functions
 * that were inlined around a call, each with its own line, innermost first; and a function by its
 * symbol alone; asked one by one or many at once the answer is the same one.
 * Fails when: the address arithmetic, the scope tree or the line table is off by anything. */
#include "name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	struct namer *namer;
	struct name_module self;
} fixture;

/* The address of the call, as a reader of a dump sees it: one byte back. */
static __attribute__((noinline)) uint64_t here(void)
{
	return (uint64_t)(uintptr_t)__builtin_return_address(0) - 1;
}

static unsigned inner_line, middle_line, outer_line;

static inline __attribute__((always_inline)) uint64_t inner(void)
{
	inner_line = __LINE__ + 1;
	uint64_t address = here();

	return address;
}

static inline __attribute__((always_inline)) uint64_t middle(void)
{
	middle_line = __LINE__ + 1;
	uint64_t address = inner();

	return address;
}

static __attribute__((noinline)) uint64_t outer(void)
{
	outer_line = __LINE__ + 1;
	uint64_t address = middle();

	__asm__ volatile("");
	return address;
}

static int find_self(struct dl_phdr_info *info, size_t size, void *data)
{
	struct name_module *self = data;
	int i;

	(void)size;
	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *phdr = &info->dlpi_phdr[i];

		if (phdr->p_type == PT_LOAD && phdr->p_flags & PF_X) {
			self->offset = phdr->p_offset & ~(uint64_t)4095;
			self->start = (info->dlpi_addr + phdr->p_vaddr) & ~(uint64_t)4095;
			self->end = info->dlpi_addr + phdr->p_vaddr + phdr->p_memsz;
		}
	}
	return 1; /* the program is the first one */
}

static int prepare(void **state)
{
	static char path[4096];
	const struct name_options options = {0};

	(void)state;
	fixture.namer = namer_new(&options);
	fixture.self.path = realpath("/proc/self/exe", path);
	dl_iterate_phdr(find_self, &fixture.self);
	return !fixture.self.path || !fixture.self.start;
}

static int tidy(void **state)
{
	(void)state;
	namer_free(fixture.namer);
	return 0;
}

static void check_frame(const struct name_frame *frame, const char *function, unsigned line,
			bool inlined)
{
	assert_non_null(frame->function);
	assert_string_equal(frame->function, function);
	assert_non_null(frame->file);
	assert_non_null(strstr(frame->file, "test_name_dwarf.c"));
	assert_int_equal(frame->line, line);
	assert_int_equal(frame->inlined, inlined);
	assert_int_equal(frame->lang, NAME_LANG_C);
	assert_true(frame->start_line && frame->start_line < line);
}

static void inlined_frames(void **state)
{
	const struct name_frame *frames;
	uint64_t address = outer();

	(void)state;
	assert_int_equal(namer_lookup(fixture.namer, &fixture.self, address, &frames), 3);
	check_frame(&frames[0], "inner", inner_line, true);
	check_frame(&frames[1], "middle", middle_line, true);
	check_frame(&frames[2], "outer", outer_line, false);
}

static void many_at_once(void **state)
{
	uint64_t addresses[3] = {outer(), (uint64_t)(uintptr_t)here, 0};
	struct name_result results[3];
	const struct name_frame *frames;

	(void)state;
	addresses[2] = addresses[0];
	namer_lookup_many(fixture.namer, &fixture.self, addresses, 3, results);
	assert_int_equal(results[0].count, 3);
	assert_int_equal(results[1].count, 1);
	assert_string_equal(results[1].frames[0].function, "here");
	assert_ptr_equal(results[0].frames, results[2].frames);
	namer_lookup(fixture.namer, &fixture.self, addresses[1], &frames);
	assert_ptr_equal(results[1].frames, frames);
}

/* _start is assembly of the C library, without debug information here. */
extern char _start[];

static void by_symbol(void **state)
{
	const struct name_frame *frames;

	(void)state;
	assert_int_equal(namer_lookup(fixture.namer, &fixture.self, (uintptr_t)_start, &frames), 1);
	assert_string_equal(frames[0].function, "_start");
}

static void outside(void **state)
{
	const struct name_frame *frames;
	uint64_t end = fixture.self.end + (UINT64_C(1) << 40);

	(void)state;
	assert_int_equal(namer_lookup(fixture.namer, &fixture.self, end, &frames), 1);
	assert_null(frames[0].function);
}

static void states(void **state)
{
	const struct name_module_info *info = namer_module(fixture.namer, &fixture.self);
	struct name_module other = fixture.self;
	const struct name_frame *frames;

	(void)state;
	assert_int_equal(info->state, NAME_FILE_OK);
	assert_string_equal(info->used, fixture.self.path);
	assert_null(info->problem);
	other.build_id = "00112233445566778899aabbccddeeff00112233";
	assert_int_equal(namer_lookup(fixture.namer, &other, other.start + 100, &frames), 0);
	info = namer_module(fixture.namer, &other);
	assert_int_equal(info->state, NAME_FILE_DIFFERS);
	assert_non_null(strstr(info->problem, fixture.self.path));
	other.path = "/no/such file";
	assert_int_equal(namer_module(fixture.namer, &other)->state, NAME_FILE_MISSING);
	other.path = "[vdso]";
	assert_int_equal(namer_module(fixture.namer, &other)->state, NAME_FILE_ANONYMOUS);
	other.path = NULL;
	assert_int_equal(namer_lookup(fixture.namer, &other, other.start, &frames), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inlined_frames), cmocka_unit_test(many_at_once),
		cmocka_unit_test(by_symbol),	  cmocka_unit_test(outside),
		cmocka_unit_test(states),
	};

	return cmocka_run_group_tests(tests, prepare, tidy);
}
