/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/modules.o lib/sys.o lib/rule.o tests/unit/fake_next.o */
/*
 * Proves: Go's tables are read as runtime/symtab.go reads them (a table made by hand, with the
 * forms of Go's linker), asmcgocall's code of Go 1.19 to 1.26 tells its slots, and a damaged table
 * gives no rule. Real binaries are compared frame by frame by tests/e2e/unwind_go.sh. Fails when: a
 * field's place, the varint form or a special function's name is read otherwise.
 */
#include "gotext.c" /* NOLINT(bugprone-suspicious-include): whole, see above */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Three functions: f (frame 0x28 after its prologue), runtime.goexit, runtime.asmcgocall.abi0. */
static struct {
	uint8_t text[256];
	struct ftab_entry ftab[4];
	uint8_t pctab[32];
	char names[80];
	struct func funcs[3];
	uint8_t more[64];
} tables;

static struct gotext go;

static int setup(void **state)
{
	static const uint8_t pctab[] = {
		0,
		/* at 1: 0 for 4 bytes, 8 for 4, 0x30 for 0x38: value from -1 by zigzag deltas */
		2,
		4,
		16,
		4,
		80,
		0x38,
		0,
		/* at 8: 0 for 300 bytes (a varint of two bytes) */
		2,
		0xac,
		2,
		0,
	};

	(void)state;
	memset(&tables, 0, sizeof tables);
	memcpy(tables.pctab, pctab, sizeof pctab);
	memcpy(tables.names, "\0main.f\0runtime.goexit\0runtime.asmcgocall.abi0", 47);
	for (uint32_t i = 0; i < 3; i++) {
		static const int32_t names[] = {1, 8, 23};

		tables.ftab[i].entry = i * 64;
		tables.ftab[i].func = i * sizeof(struct func);
		tables.funcs[i].entry = i * 64;
		tables.funcs[i].name = names[i];
		tables.funcs[i].pcsp = i == 0 ? 1 : 8;
	}
	tables.ftab[3].entry = 192;
	go = (struct gotext){
		.text = (uintptr_t)tables.text,
		.etext = (uintptr_t)tables.text + 192,
		.funcs = (uintptr_t)tables.funcs,
		.names = (uintptr_t)tables.names,
		.pctab = (uintptr_t)tables.pctab,
		.ftab = (uintptr_t)tables.ftab,
		.n_funcs = 3,
		.end = (uintptr_t)(&tables + 1),
	};
	return 0;
}

static uint32_t rule_at(unsigned offset)
{
	return gotext_rule(&go, go.text + offset);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(gotext_name(&go, go.text), "main.f");
	assert_string_equal(gotext_name(&go, go.text + 63), "main.f");
	assert_string_equal(gotext_name(&go, go.text + 64), "runtime.goexit");
	assert_string_equal(gotext_name(&go, go.text + 191), "runtime.asmcgocall.abi0");
	assert_null(gotext_name(&go, go.text + 192));
}

static void distances(void **state)
{
	(void)state;
	assert_int_equal(rule_at(1), rule_make(RULE_GO, 1, 0));
	assert_int_equal(rule_at(4), rule_make(RULE_GO, 1, 0)); /* 'return address': byte 3 */
	assert_int_equal(rule_at(5), rule_make(RULE_GO, 2, 0));
	assert_int_equal(rule_at(9), rule_make(RULE_GO, 7, 0));
	assert_int_equal(rule_at(64), rule_make(RULE_GO, 7, 0));
	assert_int_equal(rule_kind(rule_at(65)), RULE_END);
}

static void switches(void **state)
{
	static const struct {
		uint8_t code[40];
		bool ok, switches;
		unsigned g, depth;
	} cases[] = {
		/* 1.19 to 1.21: mov 0x30(%rsp),%rdi; mov 8(%rdi),%rsi; sub 0x28(%rsp),%rsi */
		{{0x48, 0x8b, 0x7c, 0x24, 0x30, 0x48, 0x8b, 0x77, 8, 0x48, 0x2b, 0x74, 0x24, 0x28},
		 true,
		 true,
		 48,
		 40},
		/* 1.22 on: mov 8(%rsp),%rdi; mov 8(%rdi),%rsi; sub (%rsp),%rsi */
		{{0x48, 0x8b, 0x7c, 0x24, 8, 0x48, 0x8b, 0x77, 8, 0x48, 0x2b, 0x34, 0x24},
		 true,
		 true,
		 8,
		 0},
		/* position independent: mov x(%rip),%rcx first */
		{{0x48, 0x8b, 0x0d, 1,	  2,	3, 4,	 0x48, 0x8b, 0x7c,
		  0x24, 8,    0x48, 0x8b, 0x77, 8, 0x48, 0x2b, 0x34, 0x24},
		 true,
		 true,
		 8,
		 0},
		/* no switch: mov 0x28(%rsp),%rsi; mov %rsi,%rsp, and mov (%rsp),%rsi */
		{{0x48, 0x8b, 0x74, 0x24, 0x28, 0x48, 0x89, 0xf4}, true, false, 0, 40},
		{{0x48, 0x8b, 0x34, 0x24, 0x48, 0x89, 0xf4}, true, false, 0, 0},
		{{0x90, 0x90}, false, true, 0, 0},
		{{0x48, 0x8b, 0x34, 0x24, 0x90}, false, false, 0, 0},
	};
	struct arch_go_switch s;

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(arch_go_switch_read(cases[i].code, &s), cases[i].ok);
		if (cases[i].ok) {
			assert_int_equal(s.switches, cases[i].switches);
			assert_int_equal(s.g, cases[i].g);
			assert_int_equal(s.depth, cases[i].depth);
			memcpy(tables.text + 140, cases[i].code, 40);
			assert_int_equal(rule_at(140),
					 rule_switch(s.switches ? RULE_GO_SWITCH : RULE_GO_NOSWITCH,
						     s.g, s.depth, 0));
		}
	}
	memset(tables.text, 0, sizeof tables.text);
	assert_int_equal(rule_kind(rule_at(140)), RULE_CUT);
}

static void specials(void **state)
{
	(void)state;
	assert_int_equal(kind_of("runtime.systemstack"), RULE_GO_SYSTEM);
	assert_int_equal(kind_of("runtime.systemstack.abi0"), RULE_GO_SYSTEM);
	assert_int_equal(kind_of("runtime.systemstack_switch"), RULE_GO);
	assert_int_equal(kind_of("runtime.cgocallback.abi0"), RULE_GO_BACK);
	assert_int_equal(kind_of("runtime.cgocallbackg"), RULE_GO);
	assert_int_equal(kind_of("main.goexit"), RULE_GO);
	assert_int_equal(kind_of("runtime.goexit1"), RULE_GO);
	assert_int_equal(kind_of("runtime.sigpanic"), RULE_GO_FAULT);
	assert_int_equal(kind_of("runtime.morestack.abi0"), RULE_END);
}

/* Any single byte wrong, anywhere: a rule or none, but no read outside (run it with SAN=address).
 */
static void damage(void **state)
{
	(void)state;
	for (size_t at = sizeof tables.text; at < sizeof tables; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			((uint8_t *)&tables)[at] ^= (uint8_t)(1u << bit);
			for (unsigned offset = 1; offset <= 192; offset += 13) {
				rule_at(offset);
				gotext_name(&go, go.text + offset);
			}
			((uint8_t *)&tables)[at] ^= (uint8_t)(1u << bit);
		}
	}
}

static void no_go_here(void **state)
{
	struct module m;

	(void)state;
	assert_true(modules_find((uintptr_t)no_go_here, &m));
	assert_null(gotext_of(&m, (uintptr_t)no_go_here));
	assert_int_equal(gotexts.slots[0].state, SLOT_EMPTY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(names, setup),	 cmocka_unit_test_setup(distances, setup),
		cmocka_unit_test_setup(switches, setup), cmocka_unit_test_setup(specials, setup),
		cmocka_unit_test_setup(damage, setup),	 cmocka_unit_test_setup(no_go_here, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
