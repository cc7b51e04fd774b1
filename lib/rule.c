/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule.c - the table of rules that do not fit into 24 bits
 *
 * Source: own. Insert-only; an entry is found by looking at all that are there, for there are few:
 * signal frames, realigned frames, frames beyond 128 KiB.
 *
 * Slot: empty --swap--> claimed --release--> ready, for ever. A thread that dies or is interrupted
 * between leaves it claimed, and one place is lost.
 * Ordering promises: 1. the table is published by the swap of its pointer. 2. An entry is published
 * by the release of its state; a RULE_WIDE rule may be seen earlier, and the walk then is cut.
 * Progress: wait-free, RULE_WIDE_MOST probes.
 */
#include "rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "arch.h"
#include "atomics.h"
#include "sys.h"

enum { WIDE_EMPTY, WIDE_CLAIMED, WIDE_READY };

static struct {
	struct rule_wide *table;
} wide;

static struct rule_wide *table_get(void)
{
	void *p = sys_mmap(NULL, RULE_WIDE_MOST * sizeof(struct rule_wide), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return sys_failed(p) ? NULL : p;
}

uint64_t rule_wide_bytes(void)
{
	return atomic_load_relaxed(&wide.table) ? RULE_WIDE_MOST * sizeof(struct rule_wide)
						: 0; /* a fact */
}

static struct rule_wide *wide_table(void)
{
	struct rule_wide *w = atomic_load_acquire(&wide.table); /* PAIR wide-table: itself */
	struct rule_wide *fresh;

	if (w) {
		return w;
	}
	fresh = table_get();
	if (fresh && !__atomic_compare_exchange_n(&wide.table, &w, fresh, false, __ATOMIC_ACQ_REL,
						  __ATOMIC_ACQUIRE)) {
		sys_munmap(fresh, RULE_WIDE_MOST * sizeof *w);
		return w;
	}
	return fresh;
}

const struct rule_wide *rule_wide_of(uint32_t rule)
{
	const struct rule_wide *w = atomic_load_acquire(&wide.table); /* PAIR wide-table: itself */
	size_t i = rule_cfa(rule) / 8;

	/* PAIR wide-ready: rule_wide_make() */
	if (!w || i >= RULE_WIDE_MOST || atomic_load_acquire(&w[i].state) != WIDE_READY) {
		return NULL;
	}
	return &w[i];
}

static bool wide_same(const struct rule_wide *a, const struct rule_wide *b)
{
	return memcmp(a, b, offsetof(struct rule_wide, state)) == 0;
}

uint32_t rule_wide_make(const struct rule_wide *w)
{
	struct rule_wide *table = wide_table();

	for (uint32_t i = 0; table && i < RULE_WIDE_MOST; i++) {
		/* PAIR wide-ready: below */
		uint8_t state = atomic_load_acquire(&table[i].state);

		if (state == WIDE_READY && wide_same(&table[i], w)) {
			return rule_make(RULE_WIDE, i, 0);
		}
		if (state == WIDE_EMPTY &&
		    atomic_cas_acquire(&table[i].state, WIDE_EMPTY, WIDE_CLAIMED)) {
			memcpy(&table[i], w, offsetof(struct rule_wide, state));
			/* PAIR wide-ready: rule_wide_of() */
			atomic_store_release(&table[i].state, WIDE_READY);
			return rule_make(RULE_WIDE, i, 0);
		}
	}
	return rule_make(RULE_CUT, 0, 0);
}

void rule_wide_ready(void)
{
	(void)wide_table();
}

uint32_t rule_sigreturn(void)
{
	const struct rule_wide w = {
		.cfa_base = RULE_AT_SP,
		.cfa_loaded = 1,
		.cfa_place = ARCH_SIGFRAME_SP,
		.pc_base = RULE_AT_SP,
		.pc_offset = ARCH_SIGFRAME_PC,
		.fp_base = RULE_AT_SP,
		.fp_offset = ARCH_SIGFRAME_FP,
		.signal = 1,
	};

	return rule_wide_make(&w);
}
