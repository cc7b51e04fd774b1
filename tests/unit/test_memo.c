/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/poisson.o */
/*
 * Proves: a stack that is proven by memory is the one that a walk finds, whatever changed in it
 * since: return addresses, saved frame pointers, the inner part, the outer part, words that nobody
 * reads; most of an unchanged stack is proven, not walked. Fails when: a word that a step reads is
 * not compared, or a frame is led to by other words than those that are remembered.
 *
 * The stacks and the rules are made up: a program counter tells its rule, how many words its frame
 * has and in which of them fp was saved.
 */
#include "memo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

#include "apart.h"
#include "poisson.h"

#define WORDS 2000u
#define MOST  400u
#define END   ((uintptr_t)0x1000)

static uintptr_t stack[WORDS];
static struct memo memo;
static uint64_t state, walked, proven;

static uint64_t any(uint64_t below)
{
	return poisson_next(&state) % below;
}

static uint32_t rule_of(uintptr_t pc)
{
	return rule_make(pc & 1 ? RULE_FP : RULE_SP, (uint32_t)(pc >> 8 & 15), pc >> 4 & 15);
}

static uintptr_t cfa_of(const struct unwind_regs *r)
{
	uint32_t rule = rule_of(r->pc);

	return (rule_kind(rule) == RULE_FP ? r->fp : r->sp) + rule_cfa(rule);
}

/* A few program counters only, so that stacks that differ have much in common. */
static uintptr_t any_pc(void)
{
	uintptr_t words = 1 + any(6), save = any(2) ? 0 : 2 + any(5);

	return 0x400000 + (words << 8) + ((save <= words ? save : 0) << 4) + (any(4) == 0);
}

/* A frame is come to by @sp, and what is above it is written anew: false at the end of the stack.
 */
static void build(struct unwind_regs r)
{
	uintptr_t top = (uintptr_t)(stack + WORDS);

	for (;;) {
		uint32_t rule = rule_of(r.pc);
		uintptr_t cfa = cfa_of(&r);

		if (cfa + 200 > top || any(150) == 0) {
			break;
		}
		if (rule_save(rule)) {
			r.fp = any(3) ? cfa + any(8) * 8 : r.fp;
			*(uintptr_t *)(cfa - rule_save(rule)) = r.fp;
		}
		do {
			r.pc = any_pc();
		} while (r.pc & 1 && (r.fp < cfa || r.fp > cfa + 100));
		*(uintptr_t *)(cfa - 8) = r.pc;
		r.sp = cfa;
	}
	*(uintptr_t *)(cfa_of(&r) - 8) = END;
}

/* As unwind.c walks; 0 when the stack leads out of itself. */
static size_t walk(struct unwind_regs r, struct memo *m, uintptr_t *pcs, size_t room)
{
	uintptr_t hi = (uintptr_t)(stack + WORDS);
	struct memo_frame led = {0};
	uint32_t known = m != NULL ? m->n : 0;
	size_t n = 0;

	if (m != NULL) {
		m->count = 0;
	}
	while (n < room && (m == NULL || m->count < MEMO_FRAMES)) {
		size_t more =
			m != NULL ? memo_arrive(m, &r, hi, &led, &known, pcs + n, room - n) : 0;
		struct unwind_regs from = r;
		uint32_t rule = rule_of(r.pc);
		uintptr_t cfa = cfa_of(&r);

		if (more != 0) {
			proven += more;
			return n + more;
		}
		walked += m != NULL;
		pcs[n++] = r.pc;
		if (r.pc == END) {
			if (m != NULL) {
				memo_keep(m, 0, hi, 0);
			}
			return n;
		}
		if (cfa > hi || cfa <= r.sp || cfa % 8 || rule_save(rule) > cfa - r.sp) {
			return 0;
		}
		r.pc = *(uintptr_t *)(cfa - 8);
		if (rule_save(rule)) {
			r.fp = *(uintptr_t *)(cfa - rule_save(rule));
		}
		r.sp = cfa;
		if (m != NULL) {
			memo_note(&led, &from, &r, rule);
		}
	}
	return 0;
}

static void change(struct unwind_regs *r)
{
	uint64_t kind = any(16);
	size_t at = any(WORDS);

	if (kind < 5) { /* another inner part, which may lead to the same frames */
		r->sp = (uintptr_t)(stack + 8 + any(WORDS / 2));
		r->pc = any_pc() & ~1ull;
	} else if (kind < 9) { /* any word, and a few more of its kind */
		for (size_t i = at; i < WORDS && i < at + 1 + any(3); i++) {
			stack[i] = any(2) ? any_pc() : (uintptr_t)(stack + i + any(8));
		}
	} else if (kind == 9) {
		r->fp = r->sp + any(8) * 8;
	} else if (kind == 10) {
		r->pc = any_pc() & ~1ull;
	} else if (kind == 11) {
		build(*r);
	}
}

static void as_walked(void **unused)
{
	uintptr_t plain[MOST + 1], by_memory[MOST + 1];
	struct unwind_regs r = {.pc = any_pc() & ~1ull, .sp = (uintptr_t)stack};
	unsigned whole = 0;

	(void)unused;
	build(r);
	for (unsigned i = 0; i < 100000; i++) {
		size_t room = any(4) ? MOST : 1 + any(MOST);

		change(&r);
		size_t n = walk(r, NULL, plain, room), m = walk(r, &memo, by_memory, room);

		/* By memory, more than so many fresh frames are left to the plain walk. */
		assert_true(m == n || (m == 0 && n > MEMO_FRAMES));
		assert_memory_equal(plain, by_memory, m * sizeof(plain[0]));
		whole += m != 0;
		if (n == 0 && room == MOST) {
			r.pc &= ~1ull;
			build(r);
		}
	}
	print_message("%u whole; %llu frames walked, %llu proven\n", whole,
		      (unsigned long long)walked, (unsigned long long)proven);
	assert_true(whole > 20000 && proven > walked / 8);
}

static void jumped_out_of(void **unused)
{
	uintptr_t pcs[MOST + 1];
	struct unwind_regs r = {.pc = any_pc() & ~1ull, .sp = (uintptr_t)stack};

	(void)unused;
	build(r);
	memo.n = 0; /* as memo_keep() leaves it midway */
	memset(memo.known, 0xff, sizeof(memo.known));
	size_t n = walk(r, &memo, pcs, MOST);

	assert_true(n == 0 || pcs[n - 1] == END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_walked),
		cmocka_unit_test(jumped_out_of),
	};

	state = seed_of_run();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
