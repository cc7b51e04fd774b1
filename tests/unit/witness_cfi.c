/* SPDX-License-Identifier: Apache-2.0 */
/*
 * witness_cfi.c - the rule that libunwind would follow, to compare rules_cfi.c with
 *
 * The step begins with rip = pc - 1, rsp = AT_SP and rbp = AT_FP, two numbers that are no
 * addresses. A word of stack that libunwind asks for is answered by a number too, which stands for
 * "what is at that place" and is noted (struct question). After the step rsp is the CFA, and it is
 * AT_SP + n, AT_FP + n, another register + n, or a word that was asked for + n; rip and rbp are
 * words that were asked for, at places that are again relative to these. That is the rule.
 *
 * Words outside the made-up stack are unwind tables and code.
 */
#include "witness_cfi.h"

#include <dlfcn.h>
#include <libunwind.h>
#include <string.h>

#include "arch.h"
#include "rule.h"

#define AT_SP	  0x2000000000000000ull
#define AT_FP	  0x3000000000000000ull
#define AT_WORD	  0x4000000000000000ull /* + number << WORD_BITS */
#define AT_OTHER  0x7000000000000000ull /* + register << WORD_BITS */
#define WORD_BITS 40
#define NEAR	  (1ll << 30)
#define WORDS	  32

#define NAME_(x)  #x
#define NAME(x)	  NAME_(x)

struct unwinder {
	__typeof__(unw_create_addr_space) *create_addr_space;
	__typeof__(unw_init_remote) *init_remote;
	__typeof__(unw_step) *step;
	__typeof__(unw_get_reg) *get_reg;
	__typeof__(unw_set_caching_policy) *set_caching_policy;
	int (*search)(unw_addr_space_t, unw_word_t, unw_dyn_info_t *, unw_proc_info_t *, int,
		      void *);
};

static struct {
	struct unwinder unw;
	unw_addr_space_t space;
} cfi;

/* A place in the made-up world. */
struct place {
	uint8_t base; /* RULE_AT_SP, RULE_AT_FP; RULE_AT_OTHER: register `word`; PLACE_WORD:
			 relative to what word `word` holds */
	uint8_t word;
	bool known;
	int32_t offset;
};

#define PLACE_WORD 8

struct question {
	const struct module *module;
	uintptr_t ip;
	bool no_info; /* the tables have nothing for ip */
	unsigned n_words;
	struct place words[WORDS];
};

static struct place place_of(uint64_t value)
{
	struct place p = {.known = false};
	int64_t sp = (int64_t)(value - AT_SP), fp = (int64_t)(value - AT_FP);
	uint64_t word = (value - AT_WORD + NEAR) >> WORD_BITS;
	int64_t rest = (int64_t)(value - AT_WORD - (word << WORD_BITS));
	uint64_t reg = (value - AT_OTHER + NEAR) >> WORD_BITS;
	int64_t off = (int64_t)(value - AT_OTHER - (reg << WORD_BITS));

	if (sp > -NEAR && sp < NEAR) {
		p = (struct place){RULE_AT_SP, 0, true, (int32_t)sp};
	} else if (fp > -NEAR && fp < NEAR) {
		p = (struct place){RULE_AT_FP, 0, true, (int32_t)fp};
	} else if (word < WORDS && rest > -NEAR && rest < NEAR) {
		p = (struct place){PLACE_WORD, (uint8_t)word, true, (int32_t)rest};
	} else if (reg < 16 && off > -NEAR && off < NEAR) {
		p = (struct place){RULE_AT_OTHER, (uint8_t)reg, true, (int32_t)off};
	}
	return p;
}

static bool same_place(const struct place *a, const struct place *b)
{
	return a->base == b->base && a->word == b->word && a->known == b->known &&
	       a->offset == b->offset;
}

static int access_mem(unw_addr_space_t as, unw_word_t at, unw_word_t *value, int write, void *arg)
{
	struct question *q = arg;
	struct place p = place_of(at);

	(void)as;
	if (write) {
		return -UNW_EINVAL;
	}
	if (!p.known) {
		if (!modules_readable(q->module, at, 8)) {
			return -UNW_EINVAL;
		}
		memcpy(value, (const void *)at, 8);
		return 0;
	}
	for (unsigned i = 0; i < q->n_words; i++) {
		if (same_place(&q->words[i], &p)) {
			*value = AT_WORD + ((uint64_t)i << WORD_BITS);
			return 0;
		}
	}
	if (q->n_words == WORDS) {
		return -UNW_ENOMEM;
	}
	*value = AT_WORD + ((uint64_t)q->n_words << WORD_BITS);
	q->words[q->n_words++] = p;
	return 0;
}

static int access_reg(unw_addr_space_t as, unw_regnum_t reg, unw_word_t *value, int write,
		      void *arg)
{
	const struct question *q = arg;

	(void)as;
	if (write) {
		return -UNW_EREADONLYREG;
	}
	switch (reg) {
	case UNW_X86_64_RIP:
		*value = q->ip;
		return 0;
	case UNW_X86_64_RSP:
		*value = AT_SP;
		return 0;
	case UNW_X86_64_RBP:
		*value = AT_FP;
		return 0;
	default:
		*value = AT_OTHER + ((uint64_t)reg << WORD_BITS); /* numbered as DWARF does */
		return 0;
	}
}

static int access_fpreg(unw_addr_space_t as, unw_regnum_t reg, unw_fpreg_t *value, int write,
			void *arg)
{
	(void)as, (void)reg, (void)value, (void)write, (void)arg;
	return -UNW_EBADREG;
}

/* .eh_frame_hdr: version, three encodings, pointer, count, sorted table of offset pairs. */
static bool table_of(const struct module *m, unw_dyn_info_t *di)
{
	const uint8_t *hdr = (const uint8_t *)m->eh_frame_hdr;
	uint32_t count;

	if (!hdr || !modules_readable(m, (uintptr_t)hdr, 12) || hdr[0] != 1 ||
	    hdr[1] != 0x1b /* pcrel sdata4 */ || hdr[2] != 0x03 /* udata4 */ ||
	    hdr[3] != 0x3b /* datarel sdata4 */) {
		return false;
	}
	memcpy(&count, hdr + 8, 4);
	if (!count || !modules_readable(m, (uintptr_t)hdr + 12, count * 8ul)) {
		return false;
	}
	memset(di, 0, sizeof *di);
	di->format = UNW_INFO_FORMAT_REMOTE_TABLE;
	di->start_ip = m->start;
	di->end_ip = m->end;
	di->u.rti.segbase = m->eh_frame_hdr;
	di->u.rti.table_data = m->eh_frame_hdr + 12;
	di->u.rti.table_len = count; /* in words of 8 bytes */
	return true;
}

static int find_proc_info(unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *pi, int need,
			  void *arg)
{
	struct question *q = arg;
	unw_dyn_info_t di;
	int ret = -UNW_ENOINFO;

	if (ip == q->ip && table_of(q->module, &di)) {
		/* Without allocating first: what is allocated for a neighbour's entry, when ip
		 * turns out to lie behind its end, libunwind never frees. */
		ret = cfi.unw.search(as, ip, &di, pi, 0, arg);
		if (ret == 0 && need) {
			ret = cfi.unw.search(as, ip, &di, pi, need, arg);
		}
	}
	q->no_info = ret == -UNW_ENOINFO;
	return ret;
}

static void put_unwind_info(unw_addr_space_t as, unw_proc_info_t *pi, void *arg)
{
	(void)as, (void)pi, (void)arg;
}

static int get_dyn_info_list_addr(unw_addr_space_t as, unw_word_t *list, void *arg)
{
	(void)as, (void)list, (void)arg;
	return -UNW_ENOINFO;
}

/* put_unwind_info is never called for tables: libunwind frees those itself. */
static unw_accessors_t accessors = {
	.find_proc_info = find_proc_info,
	.put_unwind_info = put_unwind_info,
	.get_dyn_info_list_addr = get_dyn_info_list_addr,
	.access_mem = access_mem,
	.access_reg = access_reg,
	.access_fpreg = access_fpreg,
};

static bool symbols_find(void *lib, struct unwinder *u)
{
	const struct {
		void **to;
		const char *name;
	} all[] = {
		{(void **)&u->create_addr_space, NAME(unw_create_addr_space)},
		{(void **)&u->init_remote, NAME(unw_init_remote)},
		{(void **)&u->step, NAME(unw_step)},
		{(void **)&u->get_reg, NAME(unw_get_reg)},
		{(void **)&u->set_caching_policy, NAME(unw_set_caching_policy)},
		{(void **)&u->search, NAME(UNW_OBJ(dwarf_search_unwind_table))},
	};

	for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
		*all[i].to = dlsym(lib, all[i].name);
		if (!*all[i].to) {
			return false;
		}
	}
	return true;
}

bool witness_ready(void)
{
	void *lib = dlopen("libunwind-x86_64.so.8", RTLD_NOW | RTLD_LOCAL);

	if (!lib || !symbols_find(lib, &cfi.unw)) {
		return false;
	}
	cfi.space = cfi.unw.create_addr_space(&accessors, 0);
	if (!cfi.space) {
		return false;
	}
	cfi.unw.set_caching_policy(cfi.space, UNW_CACHE_NONE);
	return true;
}

/* Whether a place becomes a word of the rule: relative to sp, to fp, or to the word that is the
 * CFA. */
static bool place_to(const struct place *p, const struct place *cfa, uint8_t *base, int32_t *offset)
{
	if (!p->known) {
		return false;
	}
	if (p->base == cfa->base && p->word == cfa->word) {
		*base = RULE_AT_CFA;
		*offset = p->offset - cfa->offset;
		return true;
	}
	if (p->base == PLACE_WORD || p->base == RULE_AT_OTHER) {
		return false;
	}
	*base = p->base;
	*offset = p->offset;
	return true;
}

static bool rule_pack(const struct rule_wide *w, uint32_t *rule)
{
	if (!w->cfa_loaded && w->cfa_base != RULE_AT_OTHER && w->pc_base == RULE_AT_CFA &&
	    w->pc_offset == -8 && !w->signal && w->cfa_offset > 0 && w->cfa_offset % 8 == 0 &&
	    w->cfa_offset / 8 <= (int32_t)RULE_CFA_MOST &&
	    (w->fp_base == RULE_UNCHANGED ||
	     (w->fp_base == RULE_AT_CFA && w->fp_offset < 0 && w->fp_offset % 8 == 0 &&
	      -w->fp_offset / 8 <= (int32_t)RULE_SAVE_MOST))) {
		*rule = rule_make(w->cfa_base == RULE_AT_SP ? RULE_SP : RULE_FP, w->cfa_offset / 8,
				  w->fp_base == RULE_UNCHANGED ? 0 : -w->fp_offset / 8);
		return true;
	}
	*rule = rule_wide_make(w);
	return rule_kind(*rule) == RULE_WIDE;
}

static bool answer_read(const struct question *q, unw_cursor_t *c, uint32_t *rule)
{
	unw_word_t sp, pc, fp;
	struct place cfa, at, p;
	struct rule_wide w = {.fp_base = RULE_UNCHANGED};

	if (cfi.unw.get_reg(c, UNW_X86_64_RSP, &sp) || cfi.unw.get_reg(c, UNW_X86_64_RIP, &pc) ||
	    cfi.unw.get_reg(c, UNW_X86_64_RBP, &fp)) {
		return false;
	}
	cfa = place_of(sp);
	if (!cfa.known) {
		return false;
	}
	w.cfa_base = cfa.base;
	w.cfa_offset = cfa.offset;
	if (cfa.base == PLACE_WORD) {
		at = q->words[cfa.word];
		if (at.base == PLACE_WORD || at.base == RULE_AT_OTHER) {
			return false;
		}
		w.cfa_loaded = 1;
		w.cfa_base = at.base;
		w.cfa_place = at.offset;
	}
	if (cfa.base == RULE_AT_OTHER) {
		w.cfa_place = cfa.word;
	}
	p = place_of(pc);
	if (!p.known || p.base != PLACE_WORD || p.offset != 0 ||
	    !place_to(&q->words[p.word], &cfa, &w.pc_base, &w.pc_offset)) {
		return false;
	}
	if (cfa.base == RULE_AT_OTHER && (w.pc_base != RULE_AT_CFA || w.pc_offset != -8)) {
		return false; /* longjmp's: no frame, but the buffer that it jumps by */
	}
	p = place_of(fp);
	if (p.known && p.base == PLACE_WORD && p.offset == 0) {
		if (!place_to(&q->words[p.word], &cfa, &w.fp_base, &w.fp_offset)) {
			return false;
		}
	} else if (fp != AT_FP) {
		return false;
	}
	w.signal = modules_readable(q->module, q->ip, 10) &&
		   arch_is_sigreturn((const uint8_t *)q->ip + 1);
	return rule_pack(&w, rule);
}

static enum rules_cfi ask(struct question *q, uint32_t *rule)
{
	unw_cursor_t cursor;
	int ret;

	if (cfi.unw.init_remote(&cursor, cfi.space, q) < 0) {
		return RULES_CFI_BAD;
	}
	q->no_info = true;
	if (!modules_readable(q->module, q->ip, 1)) {
		return RULES_CFI_BAD;
	}
	ret = cfi.unw.step(&cursor);
	if (q->no_info) {
		return RULES_CFI_NONE;
	}
	if (ret == 0) {
		*rule = rule_make(RULE_END, 0, 0);
		return RULES_CFI_FOUND;
	}
	return ret > 0 && answer_read(q, &cursor, rule) ? RULES_CFI_FOUND : RULES_CFI_BAD;
}

enum rules_cfi witness_learn(const struct module *m, uintptr_t pc, uint32_t *rule)
{
	struct question q = {.module = m, .ip = pc - 1};

	return m->eh_frame_hdr ? ask(&q, rule) : RULES_CFI_NONE;
}
