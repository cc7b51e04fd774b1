/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_cfi.c - a rule from call frame information, by one symbolic step of libunwind
 *
 * The step begins with rip = pc - 1, rsp = AT_SP and rbp = AT_FP, two numbers that are no
 * addresses. A word of stack that libunwind asks for is answered by a number too, which stands for
 * "what is at that place" and is noted (struct question). After the step rsp is the CFA, and it is
 * AT_SP + n, AT_FP + n, or a word that was asked for + n; rip and rbp are words that were asked
 * for, at places that are again relative to these. That is the rule, read off instead of guessed
 * from an example.
 *
 * Words outside the made-up stack are unwind tables and code: they are read only inside readable
 * segments of the module in question.
 *
 * libunwind is given no dl_iterate_phdr and no cache: find_proc_info looks into the module's own
 * .eh_frame_hdr by dwarf_search_unwind_table, as perf does, and the caching policy is 'none', which
 * leaves the lock of its memory pool as the only one. Around that it masks all signals by
 * sigprocmask(), two system calls a question, fatal in a sandbox that we did not see closed. It
 * needs no mask here, for a handler that interrupts a question finds us busy and asks none. So
 * sigprocmask() is interposed, and does nothing when libunwind calls it during a question.
 */
#include "rules_cfi.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <libunwind.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "arch.h"
#include "atomics.h"
#include "real.h"
#include "rule.h"
#include "sys.h"

#define LIBUNWIND   "libunwind-x86_64.so.8"

#define AT_SP	    0x2000000000000000ull
#define AT_FP	    0x3000000000000000ull
#define AT_WORD	    0x4000000000000000ull /* + number << WORD_BITS */
#define WORD_BITS   40
#define NEAR	    (1ll << 30)
#define WORDS	    32

#define NAME_(x)    #x
#define NAME(x)	    NAME_(x)
#define LOCK_ROUNDS 20000 /* about 1 ms of pauses; a question takes 10 us */

enum state { STATE_NEW, STATE_READY, STATE_ABSENT };

struct unwinder {
	__typeof__(unw_create_addr_space) *create_addr_space;
	__typeof__(unw_init_remote) *init_remote;
	__typeof__(unw_step) *step;
	__typeof__(unw_get_reg) *get_reg;
	__typeof__(unw_set_caching_policy) *set_caching_policy;
	int (*search)(unw_addr_space_t, unw_word_t, unw_dyn_info_t *, unw_proc_info_t *, int,
		      void *);
};

typedef int sigprocmask_fn(int, const sigset_t *, sigset_t *);

static struct {
	struct unwinder unw;
	unw_addr_space_t space;
	sigprocmask_fn *sigprocmask; /* the real one */
	struct module library;	     /* libunwind's own, never unloaded */
	uint32_t state;		     /* enum state; published by release */
	uintptr_t holder;	     /* thread pointer of who is asking; 0: nobody */
} cfi;

/* A place in the made-up world. */
struct place {
	uint8_t base; /* RULE_AT_SP, RULE_AT_FP; PLACE_WORD: relative to what word `word` holds */
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

	if (sp > -NEAR && sp < NEAR) {
		p = (struct place){RULE_AT_SP, 0, true, (int32_t)sp};
	} else if (fp > -NEAR && fp < NEAR) {
		p = (struct place){RULE_AT_FP, 0, true, (int32_t)fp};
	} else if (word < WORDS && rest > -NEAR && rest < NEAR) {
		p = (struct place){PLACE_WORD, (uint8_t)word, true, (int32_t)rest};
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
		*value = 0x7000000000000000ull; /* no place: a rule that needs it is none for us */
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

/* Its first use makes libunwind open a pipe, to write words of memory into and so test
 * addresses. Nothing remote does that. The pipe gets the lowest free descriptors. */
static bool is_pipe(int fd, struct stat *st)
{
	return sys_fstat(fd, st) == 0 && S_ISFIFO(st->st_mode);
}

/* The two lowest descriptors that are free now, so those that pipe2() will give. */
static void lowest_free(int fds[2])
{
	struct stat st;
	int n = 0;

	for (int fd = 0; fd < 65536 && n < 2; fd++) {
		if (sys_fstat(fd, &st) < 0) {
			fds[n++] = fd;
		}
	}
	while (n < 2) {
		fds[n++] = -1;
	}
}

static void pipe_close(const int fds[2])
{
	struct stat a, b;

	if (fds[0] >= 0 && fds[1] >= 0 && is_pipe(fds[0], &a) && is_pipe(fds[1], &b) &&
	    a.st_ino == b.st_ino && a.st_dev == b.st_dev) {
		sys_close(fds[0]);
		sys_close(fds[1]);
	}
}

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

static bool library_open(void)
{
	void *lib = dlopen(LIBUNWIND, RTLD_NOW | RTLD_LOCAL);
	struct question q = {.n_words = 0};
	struct module self;
	unw_cursor_t cursor;
	int fds[2];

	if (!lib || !symbols_find(lib, &cfi.unw)) {
		return false;
	}
	lowest_free(fds); /* the pipe is made by the first of the two calls that follow */
	cfi.space = cfi.unw.create_addr_space(&accessors, 0);
	if (!cfi.space || !modules_find((uintptr_t)rules_cfi_ready, &self)) {
		pipe_close(fds);
		return false;
	}
	(void)modules_find((uintptr_t)cfi.unw.step, &cfi.library);
	cfi.unw.set_caching_policy(cfi.space, UNW_CACHE_NONE);
	q.module = &self;
	q.ip = (uintptr_t)rules_cfi_ready + 1;
	cfi.unw.init_remote(&cursor, cfi.space, &q);
	pipe_close(fds);
	return true;
}

bool rules_cfi_ready(void)
{
	if (atomic_load_acquire(&cfi.state) == STATE_NEW) {
		bool ok = library_open();

		/* PAIR cfi-state: rules_cfi_learn() */
		atomic_store_release(&cfi.state, ok ? STATE_READY : STATE_ABSENT);
	}
	return atomic_load_relaxed(&cfi.state) == STATE_READY; /* ours */
}

void rules_cfi_fork_child(void)
{
	uintptr_t holder = atomic_load_relaxed(&cfi.holder); /* the child has one thread */

	if (holder && holder != (uintptr_t)__builtin_thread_pointer()) {
		/* libunwind's own lock may be held by a thread that is not here. */
		atomic_store_relaxed(&cfi.state, STATE_ABSENT);
	}
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
	if (p->base == PLACE_WORD) {
		return false;
	}
	*base = p->base;
	*offset = p->offset;
	return true;
}

static bool rule_pack(const struct rule_wide *w, uint32_t *rule)
{
	if (!w->cfa_loaded && w->pc_base == RULE_AT_CFA && w->pc_offset == -8 && !w->signal &&
	    w->cfa_offset > 0 && w->cfa_offset % 8 == 0 &&
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
		if (at.base == PLACE_WORD) {
			return false;
		}
		w.cfa_loaded = 1;
		w.cfa_base = at.base;
		w.cfa_place = at.offset;
	}
	p = place_of(pc);
	if (!p.known || p.base != PLACE_WORD || p.offset != 0 ||
	    !place_to(&q->words[p.word], &cfa, &w.pc_base, &w.pc_offset)) {
		return false;
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

/* Bounded: the holder may be a thread that the host has stopped, or this one, interrupted. */
static bool lock(void)
{
	uintptr_t self = (uintptr_t)__builtin_thread_pointer();

	for (int i = 0; i < LOCK_ROUNDS; i++) {
		uintptr_t holder = atomic_load_relaxed(&cfi.holder); /* the swap below decides */

		if (holder == self) {
			return false;
		}
		/* PAIR cfi-lock: rules_cfi_learn() */
		if (!holder && atomic_cas_acquire(&cfi.holder, 0, self)) {
			return true;
		}
		arch_pause();
	}
	return false;
}

bool rules_cfi_starts(const struct module *m, uintptr_t pc)
{
	struct question q = {.module = m, .ip = pc};
	unw_proc_info_t pi = {.start_ip = 0};
	unw_dyn_info_t di;
	bool starts;

	/* PAIR cfi-state: rules_cfi_ready() */
	if (atomic_load_acquire(&cfi.state) != STATE_READY || sys_sealed() || !table_of(m, &di) ||
	    !lock()) {
		return false;
	}
	starts = cfi.unw.search(cfi.space, pc, &di, &pi, 0, &q) == 0 && pi.start_ip == pc;
	atomic_store_release(&cfi.holder, 0); /* PAIR cfi-lock: lock() */
	return starts;
}

enum rules_cfi rules_cfi_learn(const struct module *m, uintptr_t pc, uint32_t *rule)
{
	struct question q = {.module = m, .ip = pc - 1};
	/* PAIR cfi-state: rules_cfi_ready() */
	uint32_t state = atomic_load_acquire(&cfi.state);
	enum rules_cfi answer;

	if (state == STATE_ABSENT || !m->eh_frame_hdr) {
		return RULES_CFI_NONE;
	}
	if (state == STATE_NEW || sys_sealed() || !lock()) {
		return RULES_CFI_LATER;
	}
	answer = ask(&q, rule);
	atomic_store_release(&cfi.holder, 0); /* PAIR cfi-lock: lock() */
	return answer;
}

__attribute__((visibility("default"))) int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	uintptr_t caller = (uintptr_t)__builtin_return_address(0);

	if (caller - cfi.library.start < cfi.library.end - cfi.library.start &&
	    atomic_load_relaxed(&cfi.holder) == (uintptr_t)__builtin_thread_pointer()) {
		return 0; /* what it saved in *old it only gives back to us */
	}
	if (cfi.sigprocmask == NULL) {
		cfi.sigprocmask = (sigprocmask_fn *)real_next("sigprocmask");
	}
	return cfi.sigprocmask(how, set, old);
}
