/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/name_symbols.o tools/elf_image.o tools/mem.o tools/err.o */
/* Proves: of several names of one function the plain one is kept, a function without a size ends at
 * the next one, one inside of another is found and so is the outer one behind it, the stubs of the
 * PLT have names, and data has none.
 * Fails when: the ranking, the sorting or the search changes. */
#include "name_symbols.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <link.h>
#include <stdio.h>
#include <string.h>

int plain(int x);
int __plain(int x);
int __libc_plain(int x);
extern int some_data[4];

__attribute__((noinline)) int __libc_plain(int x)
{
	return x * 3;
}
int __plain(int x) __attribute__((alias("__libc_plain")));
int plain(int x) __attribute__((alias("__libc_plain")));

int some_data[4] = {1};

/* outer 32 bytes, inner at 8 for 8, a label at 16, then one without a size of 16 bytes */
__asm__(".text\n.globl made_outer, made_inner, made_bare, made_end\n"
	".type made_outer, @function\n.type made_inner, @function\n"
	"made_outer: .skip 8, 0xcc\nmade_inner: .skip 8, 0xcc\nmade_label: .skip 16, 0xcc\n"
	"made_bare: .skip 16, 0xcc\nmade_end: .skip 1, 0xcc\n"
	".size made_inner, 8\n.size made_outer, 32\n");
extern char made_outer[], made_inner[], made_bare[], made_end[];

static struct {
	struct elf_image *image;
	struct name_symbols symbols;
	uint64_t base; /* what the loader added */
} fixture;

static int find_base(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	*(uint64_t *)data = info->dlpi_addr;
	return 1;
}

static int prepare(void **state)
{
	(void)state;
	if (elf_image_open(&fixture.image, "/proc/self/exe", NULL)) {
		return -1;
	}
	fixture.symbols.strings = mem_pool_new();
	name_symbols_add(&fixture.symbols, fixture.image);
	name_symbols_add_plt(&fixture.symbols, fixture.image);
	name_symbols_sort(&fixture.symbols);
	dl_iterate_phdr(find_base, &fixture.base);
	return 0;
}

static int tidy(void **state)
{
	(void)state;
	name_symbols_free(&fixture.symbols);
	mem_pool_free(fixture.symbols.strings);
	elf_image_free(fixture.image);
	return 0;
}

static const char *name_at(const void *address)
{
	const struct name_symbol *symbol =
		name_symbols_at(&fixture.symbols, (uint64_t)(uintptr_t)address - fixture.base);

	return symbol ? symbol->name : "none";
}

static void plain_name_wins(void **state)
{
	(void)state;
	assert_int_equal(plain(2), __plain(2));
	assert_string_equal(name_at((const void *)plain), "plain");
}

static void sizes(void **state)
{
	(void)state;
	assert_string_equal(name_at(made_outer), "made_outer");
	assert_string_equal(name_at(made_inner), "made_inner");
	assert_string_equal(name_at(made_inner + 7), "made_inner");
	assert_string_equal(name_at(made_inner + 8), "made_outer");
	assert_string_equal(name_at(made_outer + 31), "made_outer");
	assert_string_equal(name_at(made_bare), "made_bare");
	assert_string_equal(name_at(made_bare + 15), "made_bare");
	assert_string_equal(name_at(made_end), "made_end");
}

static void no_function(void **state)
{
	(void)state;
	assert_string_equal(name_at(some_data), "none");
	assert_null(name_symbols_at(&fixture.symbols, UINT64_MAX));
	assert_null(name_symbols_at(&fixture.symbols, 0));
}

static void stubs(void **state)
{
	size_t found = 0, i;

	(void)state;
	for (i = 0; i < fixture.symbols.count; i++) {
		const char *end = strstr(fixture.symbols.list[i].name, "@plt");

		found += end && !end[4];
	}
	if (!found) {
		skip(); /* built with -fno-plt, or for another machine */
	}
	assert_true(found < fixture.symbols.count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_name_wins),
		cmocka_unit_test(sizes),
		cmocka_unit_test(no_function),
		cmocka_unit_test(stubs),
	};

	return cmocka_run_group_tests(tests, prepare, tidy);
}
