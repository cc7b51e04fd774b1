/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/modules.o lib/sys.o lib/dlclose.o tests/unit/fake_next.o */
/*
 * Proves: the module of an address, its segments and its build-id are those that the loader and the
 * file tell; dlclose changes the generation and has rules forgotten. Fails when: bounds are taken
 * from the wrong header, notes are read wrongly, or the wrapper does not see a module go.
 */
#include "modules.h"

#include <dlfcn.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rules.h"

static unsigned forgot_unmapped, forgot_all;

void rules_forget_unmapped(void)
{
	assert_true(modules_closing());
	forgot_unmapped++;
}

void rules_forget_all(void)
{
	forgot_all++;
}

static const char in_rodata[] = "here";
static int in_data = 1;

static int same_as_loader(struct dl_phdr_info *info, size_t size, void *arg)
{
	unsigned *n = arg;

	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const Elf64_Phdr *ph = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + ph->p_vaddr;
		struct module m;

		if (ph->p_type != PT_LOAD || !modules_find(at, &m)) {
			continue;
		}
		assert_int_equal(m.bias, info->dlpi_addr);
		assert_int_equal(m.n_ph, info->dlpi_phnum);
		assert_memory_equal(m.ph, info->dlpi_phdr, m.n_ph * sizeof *m.ph);
		assert_string_equal(m.path, info->dlpi_name);
		assert_true(at >= m.start && at < m.end);
		assert_int_equal(modules_executable(&m, at), (ph->p_flags & PF_X) != 0);
		assert_int_equal(modules_readable(&m, at, ph->p_filesz), (ph->p_flags & PF_R) != 0);
		*n += 1;
	}
	return 0;
}

static void all_modules(void **state)
{
	unsigned n = 0;

	(void)state;
	dl_iterate_phdr(same_as_loader, &n);
	assert_true(n >= 12); /* program, cmocka, libc, loader; perhaps the vdso */
}

static void own_segments(void **state)
{
	struct module m;
	uintptr_t start;
	uint64_t offset;

	(void)state;
	assert_true(modules_find((uintptr_t)own_segments, &m));
	assert_true(modules_executable(&m, (uintptr_t)own_segments));
	assert_false(modules_executable(&m, (uintptr_t)in_rodata));
	assert_true(modules_readable(&m, (uintptr_t)&in_data, sizeof in_data));
	assert_false(modules_readable(&m, (uintptr_t)&in_data, 1ul << 40));
	assert_false(modules_readable(&m, m.end + 4096, 1));
	assert_false(modules_readable(&m, UINTPTR_MAX - 3, 8));
	assert_true(modules_offset(&m, (uintptr_t)own_segments, &start, &offset));

	/* The file holds there what memory holds. */
	FILE *f = fopen("/proc/self/exe", "r");
	unsigned char bytes[16];

	assert_non_null(f);
	assert_int_equal(fseek(f, (long)((uintptr_t)own_segments - start + offset), SEEK_SET), 0);
	assert_int_equal(fread(bytes, 1, sizeof bytes, f), sizeof bytes);
	fclose(f);
	assert_memory_equal(bytes, (const void *)own_segments, sizeof bytes);
}

static void no_module(void **state)
{
	struct module m;

	(void)state;
	assert_false(modules_find(0, &m));
	assert_false(modules_find((uintptr_t)&m, &m));
	assert_false(modules_find(UINTPTR_MAX, &m));
}

static void build_id(void **state)
{
	struct module m;
	const uint8_t *id;
	char command[600], from_file[41] = "", ours[41];

	(void)state;
	assert_true(modules_find((uintptr_t)fopen, &m));
	assert_int_equal(modules_build_id(&m, &id), 20);
	for (int i = 0; i < 20; i++) {
		sprintf(ours + 2 * i, "%02x", id[i]);
	}
	snprintf(command, sizeof command, "readelf -n %s | sed -n 's/.*Build ID: //p'", m.path);
	FILE *f = popen(command, "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%40s", from_file), 1);
	pclose(f);
	assert_string_equal(ours, from_file);
}

static void exports(void **state)
{
	struct module m;

	(void)state;
	assert_true(modules_find((uintptr_t)fopen, &m));
	assert_true(modules_exports(&m, "malloc"));
	assert_true(modules_exports(&m, "qsort_r"));
	assert_false(modules_exports(&m, "crosscall2"));
	assert_false(modules_exports(&m, ""));
	assert_true(modules_find((uintptr_t)own_segments, &m));
	assert_false(modules_exports(&m, "malloc")); /* used, not defined */
}

static void closing(void **state)
{
	uint64_t before = modules_generation();
	void *a, *b;

	(void)state;
	a = dlopen("libresolv.so.2", RTLD_NOW);
	if (!a) {
		skip();
		return;
	}
	b = dlopen("libresolv.so.2", RTLD_NOW);
	assert_int_equal(modules_generation(), before);
	assert_int_equal(dlclose(b), 0);
	assert_true(modules_generation() > before);
	assert_int_equal(forgot_unmapped + forgot_all, 0); /* it is still there */
	assert_int_equal(dlclose(a), 0);
	assert_int_equal(forgot_unmapped, 1);
	assert_int_equal(forgot_all, 0);
	assert_false(modules_closing());
}

static void old_glibc(void **state)
{
	struct module m;
	unsigned n = 0;
	void *lib;

	modules_test_old_glibc = true;
	assert_false(modules_find((uintptr_t)own_segments, &m));
	modules_refresh();
	dl_iterate_phdr(same_as_loader, &n);
	assert_true(n >= 12);
	own_segments(state);
	no_module(state);
	build_id(state);
	exports(state);
	lib = dlopen("libresolv.so.2", RTLD_NOW);
	if (lib) {
		struct link_map *map;

		assert_int_equal(dlinfo(lib, RTLD_DI_LINKMAP, &map), 0);
		uintptr_t f = (uintptr_t)map->l_ld;

		assert_false(modules_find(f, &m));
		modules_refresh();
		assert_true(modules_find(f, &m));
		assert_true(m.eh_frame_hdr != 0);
		dlclose(lib);
		assert_false(modules_find(f, &m));
	}
	modules_test_old_glibc = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_modules), cmocka_unit_test(own_segments),
		cmocka_unit_test(no_module),   cmocka_unit_test(build_id),
		cmocka_unit_test(exports),     cmocka_unit_test(closing),
		cmocka_unit_test(old_glibc),
	};

	modules_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
