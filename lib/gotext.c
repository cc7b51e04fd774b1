/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gotext.c - where Go code lies in a module, and the unwind rule of a program counter in it
 *
 * Finding it: a Go module has a note of Go's linker, or exports runtime/cgo's crosscall2. Its
 * moduledata lies somewhere in a data segment (in a section of its own, .go.module, since 1.26),
 * and begins with the address of the table of functions, which begins with a magic number. So the
 * data is searched once for a word that leads to that number, and the moduledata around it is
 * checked against the table. In the running process the words of a PIE file are plain addresses.
 *
 * The moduledata's first words, by runtime/symtab.go of 1.18 to 1.26, in words of 8 bytes: 0
 * pcHeader, 1 funcnametab, 4 cutab, 7 filetab, 10 pctab, 13 pclntable, 16 ftab (slices of three),
 * 19 findfunctab, 20 minpc, 21 maxpc, 22 text, 23 etext.
 */
#include "gotext.h"

#include <string.h>

#include "arch.h"
#include "atomics.h"
#include "rule.h"

#define PAGE	     4096ul
#define MODULES	     8
#define MAGIC_1_18   0xfffffff0u
#define MAGIC_1_20   0xfffffff1u
#define MD_WORDS     24
#define FLAGS_1_18   37 /* bytes into struct func, runtime._func's flag */
#define FLAGS_1_20   41
#define FLAG_SPWRITE 2u /* abi.FuncFlagSPWrite: the table does not follow what it does to rsp */
#define FUNCS_MOST   (1ul << 24)

enum {
	MD_HEADER = 0,
	MD_NAMES = 1,
	MD_PCTAB = 10,
	MD_FUNCS = 13,
	MD_FTAB = 16,
	MD_MINPC = 20,
	MD_TEXT = 22,
	MD_ETEXT = 23,
};

enum slot_state { SLOT_EMPTY, SLOT_CLAIMED, SLOT_GO, SLOT_NOT_GO };

static ARCH_LARGE struct {
	struct slot {
		uint32_t state;	 /* enum slot_state, published by release */
		uintptr_t start; /* of the module */
		struct gotext go;
	} slots[MODULES];
} gotexts;

/* The first 24 bytes of the table of functions. */
struct pc_header {
	uint32_t magic;
	uint8_t pad[2];
	uint8_t min_instruction, pointer_size;
	uint64_t n_funcs, n_files;
};

struct ftab_entry {
	uint32_t entry, func;
};

struct func {
	uint32_t entry;
	int32_t name;
	int32_t args;
	uint32_t defer_return;
	uint32_t pcsp, pcfile, pcln;
};

static bool is_header(const struct module *m, uintptr_t at)
{
	const struct pc_header *h = (const struct pc_header *)at;

	return at % 8 == 0 && modules_readable(m, at, 64) &&
	       (h->magic == MAGIC_1_18 || h->magic == MAGIC_1_20) && h->pad[0] == 0 &&
	       h->pad[1] == 0 && h->min_instruction == 1 && h->pointer_size == 8 &&
	       h->n_funcs > 0 && h->n_funcs < FUNCS_MOST;
}

static uintptr_t segment_end(const struct module *m, uintptr_t at)
{
	const Elf64_Phdr *ph = modules_segment(m, at);

	return ph ? m->bias + ph->p_vaddr + ph->p_filesz : 0;
}

/* Whether the words at @md are the moduledata of the table that the first one leads to. */
static bool moduledata_read(const struct module *m, const uintptr_t *md, struct gotext *go)
{
	const struct pc_header *h = (const struct pc_header *)md[MD_HEADER];

	go->text = md[MD_TEXT];
	go->etext = md[MD_ETEXT];
	go->names = md[MD_NAMES];
	go->pctab = md[MD_PCTAB];
	go->funcs = md[MD_FUNCS];
	go->ftab = md[MD_FTAB];
	go->n_funcs = h->n_funcs;
	go->flags_at = h->magic == MAGIC_1_18 ? FLAGS_1_18 : FLAGS_1_20;
	go->end = segment_end(m, md[MD_HEADER]);
	return md[MD_FTAB + 1] == h->n_funcs + 1 && go->text < go->etext &&
	       go->etext - go->text < 1ul << 32 && modules_executable(m, go->text) &&
	       modules_executable(m, go->etext - 1) && md[MD_MINPC] >= go->text &&
	       md[MD_MINPC] < go->etext && go->names >= md[MD_HEADER] && go->names < go->end &&
	       go->pctab >= md[MD_HEADER] && go->pctab < go->end && go->funcs >= md[MD_HEADER] &&
	       go->funcs < go->end && go->ftab >= md[MD_HEADER] && go->ftab % 4 == 0 &&
	       go->ftab < go->end &&
	       (go->n_funcs + 1) * sizeof(struct ftab_entry) <= go->end - go->ftab;
}

static bool segment_search(const struct module *m, const Elf64_Phdr *ph, struct gotext *go)
{
	uintptr_t at = (m->bias + ph->p_vaddr + 7) & -8ul;
	uintptr_t end = m->bias + ph->p_vaddr + ph->p_filesz;

	for (; at + MD_WORDS * 8 <= end; at += 8) {
		const uintptr_t *md = (const uintptr_t *)at;

		if (*md - m->start < m->end - m->start && is_header(m, *md) &&
		    moduledata_read(m, md, go)) {
			return true;
		}
	}
	return false;
}

static bool module_search(const struct module *m, struct gotext *go)
{
	for (unsigned i = 0; i < m->n_ph; i++) {
		const Elf64_Phdr *ph = &m->ph[i];

		if (ph->p_type == PT_LOAD && (ph->p_flags & PF_R) && (ph->p_flags & PF_W) &&
		    segment_search(m, ph, go)) {
			return true;
		}
	}
	return false;
}

static bool module_is_go(const struct module *m)
{
	const uint8_t *note;

	return modules_note(m, "Go\0", 4, &note) != 0 || modules_exports(m, "crosscall2") ||
	       modules_exports(m, "_cgo_topofstack");
}

/* The slot of a module: an existing one, or a fresh one that this call fills. Two threads may fill
 * two slots with the same; the first is found from then on. */
static const struct slot *slot_of(const struct module *m)
{
	for (unsigned i = 0; i < MODULES; i++) {
		struct slot *s = &gotexts.slots[i];
		uint32_t state = atomic_load_acquire(&s->state); /* PAIR gotext-slot: below */

		if (state >= SLOT_GO && s->start == m->start) {
			return s;
		}
		if (state != SLOT_EMPTY) {
			continue;
		}
		if (!module_is_go(m)) {
			return NULL;
		}
		if (!atomic_cas_acquire(&s->state, SLOT_EMPTY, SLOT_CLAIMED)) {
			continue;
		}
		s->start = m->start;
		state = module_search(m, &s->go) ? SLOT_GO : SLOT_NOT_GO;
		atomic_store_release(&s->state, state); /* PAIR gotext-slot: above */
		return s;
	}
	return NULL;
}

const struct gotext *gotext_of(const struct module *m, uintptr_t address)
{
	const struct slot *s = slot_of(m);

	if (!s || atomic_load_acquire(&s->state) != SLOT_GO || address < s->go.text ||
	    address >= s->go.etext) {
		return NULL;
	}
	return &s->go;
}

static const struct func *func_of(const struct gotext *go, uintptr_t address)
{
	const struct ftab_entry *f = (const struct ftab_entry *)go->ftab;
	uint32_t offset = (uint32_t)(address - go->text);
	size_t lo = 0, hi = go->n_funcs; /* f[lo].entry <= offset < f[hi].entry */
	uintptr_t at;

	if (offset < f[0].entry || offset >= f[hi].entry) {
		return NULL;
	}
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (f[mid].entry <= offset) {
			lo = mid;
		} else {
			hi = mid;
		}
	}
	at = go->funcs + f[lo].func;
	/* The last record may end where the segment does (seen with 1.19, without cgo). */
	if (at % 4 || at < go->funcs || at >= go->end || go->end - at <= go->flags_at) {
		return NULL;
	}
	return (const struct func *)at;
}

static const char *name_of(const struct gotext *go, const struct func *f)
{
	uintptr_t at = go->names + (uintptr_t)f->name;

	if (at < go->names || at >= go->end || !memchr((const char *)at, 0, go->end - at)) {
		return NULL;
	}
	return (const char *)at;
}

const char *gotext_name(const struct gotext *go, uintptr_t address)
{
	const struct func *f = func_of(go, address);

	return f ? name_of(go, f) : NULL;
}

static bool varint(uintptr_t *at, uintptr_t end, uint32_t *value)
{
	*value = 0;
	for (unsigned shift = 0; *at < end && shift < 32; shift += 7) {
		uint8_t b = *(const uint8_t *)(*at)++;

		*value |= (uint32_t)(b & 127) << shift;
		if (!(b & 128)) {
			return true;
		}
	}
	return false;
}

/* The stack pointer's distance below the return address, in bytes; -1 when the tables do not tell.
 * runtime/symtab.go: pcvalue(). Pairs of (zigzag delta of the value, delta of pc), until a 0. */
static int32_t sp_delta(const struct gotext *go, const struct func *f, uintptr_t address)
{
	uintptr_t at = go->pctab + f->pcsp;
	uintptr_t pc = go->text + f->entry;
	int32_t value = -1;
	uint32_t v, d;

	if (f->pcsp == 0 || at < go->pctab) {
		return -1;
	}
	for (bool first = true; varint(&at, go->end, &v) && (v != 0 || first); first = false) {
		value += (int32_t)(-(v & 1) ^ (v >> 1));
		if (!varint(&at, go->end, &d)) {
			return -1;
		}
		pc += d;
		if (address < pc) {
			return value;
		}
	}
	return -1;
}

/* Functions that do more to the stack than push a frame. Names differ in their suffixes (.abi0). */
static enum rule_kind kind_of(const char *name)
{
	static const struct {
		const char *name;
		enum rule_kind kind;
	} all[] = {
		{"asmcgocall", RULE_GO_SWITCH},
		{"cgocallback", RULE_GO_BACK},
		{"goexit", RULE_END},
		{"rt0_go", RULE_END},
		{"mcall", RULE_END},
		{"morestack", RULE_END},
		{"systemstack", RULE_GO_SYSTEM},
		{"sigpanic", RULE_GO_FAULT},
		{"asmcgocall_no_g", RULE_GO_SPWRITE},
		{"sigfwd", RULE_GO_SPWRITE},
		{"sigreturn", RULE_WIDE},
		{"sigreturn__sigaction", RULE_WIDE},
	};

	if (strncmp(name, "runtime.", 8) != 0) {
		return RULE_GO;
	}
	name += 8;
	for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
		size_t n = strlen(all[i].name);

		if (strncmp(name, all[i].name, n) == 0 && (!name[n] || name[n] == '.')) {
			return all[i].kind;
		}
	}
	return RULE_GO;
}

static bool moves_sp(const struct gotext *go, const struct func *f)
{
	return ((const uint8_t *)f)[go->flags_at] & FLAG_SPWRITE;
}

uint32_t gotext_rule(const struct gotext *go, uintptr_t pc)
{
	const struct func *f = func_of(go, pc - 1);
	const char *name = f ? name_of(go, f) : NULL;
	enum rule_kind kind;
	struct arch_go_switch s;
	int32_t delta;

	if (!name) {
		return rule_make(RULE_CUT, 0, 0);
	}
	kind = kind_of(name);
	if (kind == RULE_END) {
		return rule_make(kind, 0, 0);
	}
	if (kind == RULE_WIDE) {
		return rule_sigreturn();
	}
	if (f->pcsp == 0 || (kind == RULE_GO && moves_sp(go, f))) {
		return RULE_NONE;
	}
	delta = sp_delta(go, f, pc - 1);
	if (delta < 0 || delta % 8 || delta / 8 + 1 > (int32_t)RULE_CFA_MOST) {
		return rule_make(RULE_CUT, 0, 0);
	}
	if (kind == RULE_GO_SWITCH) {
		if (delta > 16 || !arch_go_switch_read((const uint8_t *)pc, &s)) {
			return rule_make(RULE_CUT, 0, 0);
		}
		return rule_switch(s.switches ? RULE_GO_SWITCH : RULE_GO_NOSWITCH, s.g, s.depth,
				   (unsigned)delta);
	}
	return rule_make(kind, (uint32_t)delta / 8 + 1, 0);
}
