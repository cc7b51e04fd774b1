/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/rules_cfi.o lib/cfi.o lib/ehframe.o lib/rule.o lib/modules.o lib/insn.o lib/sys.o */
/* objects: lib/insn_form.o */
/* objects: tests/unit/witness_cfi.o tests/unit/fake_next.o */
/*
 * Proves: the rule that we read off the unwind tables is the one that libunwind reads off them, for
 * every call in large libraries, and for places in them that are no calls.
 * Fails when: an opcode of the programs, an operator of the expressions, or the search for the
 * entry is wrong.
 *
 *     test_rules_cfi LIBRARY...     these instead, with each difference
 */
#include "rules_cfi.h"

#include <dlfcn.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>

#include <cmocka.h>

#include "insn.h"
#include "rule.h"
#include "witness_cfi.h"

struct counts {
	unsigned asked, found, none, bad, differ;
};

static bool verbose;

static void compare_at(const struct module *m, uintptr_t pc, struct counts *c)
{
	uint32_t ours = 0, theirs = 0;
	enum rules_cfi a = rules_cfi_learn(m, pc, &ours), b = witness_learn(m, pc, &theirs);

	c->asked++;
	c->found += a == RULES_CFI_FOUND;
	c->none += a == RULES_CFI_NONE;
	c->bad += a == RULES_CFI_BAD;
	if (a != b || (a == RULES_CFI_FOUND && ours != theirs)) {
		c->differ++;
		if (verbose || c->differ < 10) {
			print_message("%s+%#lx: %d %#x, libunwind %d %#x\n", m->path, pc - m->bias,
				      a, ours, b, theirs);
		}
	}
}

/* Every call, and every 61st byte. */
static void compare_segment(const struct module *m, const Elf64_Phdr *ph, struct counts *c)
{
	uintptr_t start = m->bias + ph->p_vaddr, end = start + ph->p_filesz, at = start;

	while (at < end) {
		struct insn insn = insn_read((const uint8_t *)at, end - at);

		at += insn.kind == INSN_BAD ? 1 : insn.length;
		if (insn.kind == INSN_CALL) {
			compare_at(m, at, c);
		}
	}
	for (at = start + 1; at < end; at += 61) {
		compare_at(m, at, c);
	}
}

static struct counts compare_module(const struct module *m)
{
	struct counts c = {0, 0, 0, 0, 0};

	for (unsigned i = 0; i < m->n_ph; i++) {
		if (m->ph[i].p_type == PT_LOAD && (m->ph[i].p_flags & PF_X)) {
			compare_segment(m, &m->ph[i], &c);
		}
	}
	print_message("%s: %u places: %u with a rule, %u without, %u not followed; %u differ\n",
		      *m->path ? m->path : "program", c.asked, c.found, c.none, c.bad, c.differ);
	return c;
}

static unsigned compare_library(const char *name)
{
	void *lib = dlopen(name, RTLD_LAZY);
	struct link_map *map;
	struct module m;
	struct counts c;

	if (!lib || dlinfo(lib, RTLD_DI_LINKMAP, &map) != 0 ||
	    !modules_find((uintptr_t)map->l_ld, &m)) {
		print_message("%s: not here\n", name);
		return 0;
	}
	c = compare_module(&m);
	return c.differ + (c.found == 0);
}

static void same_as_libunwind(void **state)
{
	static const char *const libraries[] = {"libc.so.6", "libgcc_s.so.1", "libstdc++.so.6",
						"ld-linux-x86-64.so.2", "libcrypto.so.3"};
	struct module m;

	(void)state;
	for (unsigned i = 0; i < sizeof libraries / sizeof libraries[0]; i++) {
		assert_int_equal(compare_library(libraries[i]), 0);
	}
	assert_true(modules_find((uintptr_t)same_as_libunwind, &m));
	assert_int_equal(compare_module(&m).differ, 0);
	if (modules_find(getauxval(AT_SYSINFO_EHDR), &m)) {
		assert_int_equal(compare_module(&m).differ, 0);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_libunwind),
	};

	modules_start();
	if (!witness_ready()) {
		print_message("no libunwind-x86_64.so.8 here\n");
		return 77;
	}
	if (argc > 1) {
		unsigned differ = 0;

		verbose = true;
		for (int i = 1; i < argc; i++) {
			differ += compare_library(argv[i]);
		}
		return differ != 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
