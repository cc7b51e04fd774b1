/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/rules_code.o lib/insn.o lib/modules.o lib/rules.o lib/rules_cfi.o lib/cfi.o */
/* objects: lib/insn_form.o */
/* objects: lib/modules_watch.o lib/filter.o lib/ehframe.o lib/gotext.o lib/sys.o lib/rule.o */
/* objects: tests/unit/fake_next.o */
/*
 * Proves: rules read off the code are those that are read off the unwind tables, for every
 * call in the C library and others: at least 70 in 100 are found; of C's at most 1 in 10,000
 * differs, of C++'s, whose code for exceptions is never without tables, 1 in 100.
 * Fails when: an instruction's length or effect is wrong, or another function is taken for this
 * one.
 */
#include "rules_code.h"

#include <dlfcn.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "insn.h"
#include "real.h"
#include "rules.h"
#include "rules_cfi.h"
#include "thread.h"

_Thread_local struct thread thread_state;

static void instructions(void **state)
{
	static const struct {
		uint8_t bytes[15];
		unsigned length;
		enum insn_kind kind;
		int32_t value;
	} cases[] = {
		{{0x55}, 1, INSN_PUSH_FP, 0},
		{{0x41, 0x55}, 2, INSN_PUSH, 0},
		{{0x5d}, 1, INSN_POP_FP, 0},
		{{0x41, 0x5d}, 2, INSN_POP, 0},
		{{0xc9}, 1, INSN_LEAVE, 0},
		{{0xc3}, 1, INSN_RET, 0},
		{{0xf3, 0xc3}, 2, INSN_RET, 0},
		{{0xc2, 8, 0}, 3, INSN_RET, 8},
		{{0x48, 0x83, 0xc4, 0x18}, 4, INSN_SP_ADD, 24},
		{{0x48, 0x83, 0xec, 0x80}, 4, INSN_SP_ADD, 128},
		{{0x48, 0x81, 0xec, 0, 0x10, 0, 0}, 7, INSN_SP_ADD, -4096},
		{{0x48, 0x8d, 0x64, 0x24, 8}, 5, INSN_SP_ADD, 8},
		{{0x48, 0x8d, 0x65, 0xd8}, 4, INSN_SP_FROM_FP, -40},
		{{0x48, 0x89, 0xec}, 3, INSN_SP_FROM_FP, 0},
		{{0x48, 0x89, 0xe5}, 3, INSN_FP_FROM_SP, 0},
		{{0x48, 0x8b, 0x6c, 0x24, 0x10}, 5, INSN_FP_LOAD_SP, 16},
		{{0x48, 0x89, 0x6c, 0x24, 0x28}, 5, INSN_FP_STORE, 40},
		{{0x4c, 0x89, 0x14, 0x24}, 4, INSN_R10_STORE, 0},
		{{0x4c, 0x89, 0x64, 0x24, 0x20}, 5, INSN_STORE, 32},
		{{0x48, 0x83, 0xe4, 0xf0}, 4, INSN_SP_LOST, 0},
		{{0x48, 0x29, 0xc4}, 3, INSN_SP_LOST, 0},
		{{0x48, 0x89, 0xc5}, 3, INSN_FP_LOST, 0},
		{{0xbd, 1, 0, 0, 0}, 5, INSN_FP_LOST, 0},
		{{0x41, 0xbd, 1, 0, 0, 0}, 6, INSN_PLAIN, 0},
		{{0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8}, 10, INSN_PLAIN, 0},
		{{0x48, 0x39, 0xe5}, 3, INSN_PLAIN, 0}, /* cmp */
		{{0x0f, 0x28, 0xec}, 3, INSN_PLAIN, 0}, /* movaps %xmm4,%xmm5 */
		{{0xc5, 0xf8, 0x77}, 3, INSN_PLAIN, 0}, /* vzeroupper */
		{{0xc4, 0xe3, 0x7d, 0x39, 0xc0, 1}, 6, INSN_PLAIN, 0},
		{{0x62, 0xf1, 0x7c, 0x48, 0x28, 0x44, 0x24, 1}, 8, INSN_PLAIN, 0},
		{{0xe8, 1, 0, 0, 0}, 5, INSN_CALL, 1},
		{{0xff, 0xd0}, 2, INSN_CALL, 0},
		{{0xff, 0x25, 1, 0, 0, 0}, 6, INSN_JUMP_SLOT, 0},
		{{0xff, 0xe0}, 2, INSN_JUMP_LOST, 0},
		{{0x3e, 0xff, 0xe0}, 3, INSN_JUMP_LOST, 0},
		{{0xeb, 0xfe}, 2, INSN_JUMP, -2},
		{{0x0f, 0x84, 4, 0, 0, 0}, 6, INSN_BRANCH, 4},
		{{0x0f, 0x0b}, 2, INSN_STOP, 0},
		{{0x06}, 0, INSN_BAD, 0},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct insn insn = insn_read(cases[i].bytes, 15);

		assert_int_equal(insn.kind, cases[i].kind);
		assert_int_equal(insn.length, cases[i].length);
		assert_int_equal(insn.value, cases[i].value);
		for (unsigned n = 0; n < cases[i].length; n++) { /* cut: never read behind */
			assert_int_equal(insn_read(cases[i].bytes, n).kind, INSN_BAD);
		}
	}
}

struct counts {
	unsigned calls, found, same, other;
};

static void compare_segment(const struct module *m, const Elf64_Phdr *ph, struct counts *c)
{
	uintptr_t at = m->bias + ph->p_vaddr, end = at + ph->p_filesz;

	while (at < end) {
		struct insn insn = insn_read((const uint8_t *)at, end - at);
		uint32_t ours, theirs;

		at += insn.kind == INSN_BAD ? 1 : insn.length;
		if (insn.kind != INSN_CALL || rules_cfi_learn(m, at, &theirs) != RULES_CFI_FOUND) {
			continue;
		}
		c->calls++;
		if (!rules_code_learn(m, at, false, &ours)) {
			continue;
		}
		c->found++;
		if (ours == theirs) {
			c->same++;
		} else if (rule_kind(ours) == RULE_FP || rule_kind(theirs) == RULE_FP) {
			c->other++; /* one hangs on rsp, one on rbp: both can be right */
		}
	}
}

static void compare_module(const char *name, unsigned one_in)
{
	void *lib = dlopen(name, RTLD_LAZY);
	struct link_map *map;
	struct module m;
	struct counts c = {0, 0, 0, 0};

	if (!lib || dlinfo(lib, RTLD_DI_LINKMAP, &map) != 0) {
		return;
	}
	assert_true(modules_find((uintptr_t)map->l_ld, &m));
	for (unsigned i = 0; i < m.n_ph; i++) {
		if (m.ph[i].p_type == PT_LOAD && (m.ph[i].p_flags & PF_X)) {
			compare_segment(&m, &m.ph[i], &c);
		}
	}
	print_message("%s: %u calls, %u found, %u the same, %u of another form\n", name, c.calls,
		      c.found, c.same, c.other);
	assert_true(c.found * 100ul >= c.calls * 70ul);
	assert_true((c.found - c.same - c.other) * (unsigned long)one_in <= c.found);
	assert_true(c.other * 100ul <= c.found);
}

static void same_as_tables(void **state)
{
	(void)state;
	compare_module("libc.so.6", 10000);
	compare_module("libstdc++.so.6", 100);
	compare_module("libm.so.6", 10000);
	compare_module("libcrypto.so.3", 10000);
	compare_module("libsqlite3.so.0", 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instructions),
		cmocka_unit_test(same_as_tables),
	};

	modules_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
