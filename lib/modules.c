/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modules.c - the module of an address, by glibc's own lock-free lookup
 *
 * _dl_find_object gives the bounds, the link map and .eh_frame_hdr. The headers of the program
 * itself come from the kernel (AT_PHDR), those of libraries through the ELF header, which every
 * linker in use places at the start of the first segment; where it is not, the module has no
 * readable segment for us and its code no rules.
 *
 * glibc before 2.35 has no _dl_find_object. There a list is made by dl_iterate_phdr, which takes
 * loader locks, at safe points only: the constructor, each new thread, after dlclose. What was
 * loaded since is not known until the next one, and stacks are cut there.
 *
 * What a module's code told must not outlive it: dlclose.c, modules_watch.c.
 */
#include "modules.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "atomics.h"
#include "real.h"
#include "sys.h"

#define PAGE 4096ul

/* Weak: glibc has it since 2.35. */
#if __GLIBC_PREREQ(2, 35)
extern __typeof__(_dl_find_object) _dl_find_object __attribute__((weak));
#else
struct dl_find_object {
	void *dlfo_map_start, *dlfo_map_end, *dlfo_eh_frame;
	struct link_map *dlfo_link_map;
};
static int (*const _dl_find_object)(void *, struct dl_find_object *);
#endif

#ifdef LEAKTRACK_TEST
bool modules_test_old_glibc;
#define OLD_GLIBC (modules_test_old_glibc || !_dl_find_object)
#else
#define OLD_GLIBC (!_dl_find_object)
#endif

/* Modules as dl_iterate_phdr told of them at the last safe point. */
struct list {
	struct modules_counts counts;
	size_t n, room;
	struct module modules[];
};

typedef int iterate_fn(int (*)(struct dl_phdr_info *, size_t, void *), void *);

static struct {
	const Elf64_Phdr *program; /* the program's headers, from the kernel */
	unsigned n_program;
	struct list *list;   /* for old glibc: published by release, never freed */
	uint64_t generation; /* written around dlclose, read by learners */
	unsigned closing;    /* threads inside dlclose */
	iterate_fn *iterate; /* dl_iterate_phdr; everybody finds the same */
} modules;

/* Not imported: a look-up over all libraries in every process, for what few of them need. */
static void iterate(int (*each)(struct dl_phdr_info *, size_t, void *), void *argument)
{
	if (modules.iterate == NULL) {
		modules.iterate = (iterate_fn *)real_next("dl_iterate_phdr");
	}
	(void)modules.iterate(each, argument);
}

void modules_start(void)
{
	/* Not by its name: a program may have a getauxval of its own. */
	unsigned long (*auxval)(unsigned long) =
		(unsigned long (*)(unsigned long))real_next("getauxval");

	if (auxval != NULL && auxval(AT_PHENT) == sizeof(Elf64_Phdr)) {
		modules.program = (const Elf64_Phdr *)auxval(AT_PHDR);
		modules.n_program = (unsigned)auxval(AT_PHNUM);
	}
	modules_refresh();
}

static void bounds_find(struct module *m)
{
	uintptr_t lo = UINTPTR_MAX, hi = 0;

	for (unsigned i = 0; i < m->n_ph; i++) {
		uintptr_t start = (m->bias + m->ph[i].p_vaddr) & -PAGE;
		uintptr_t end = m->bias + m->ph[i].p_vaddr + m->ph[i].p_memsz;

		if (m->ph[i].p_type == PT_LOAD) {
			lo = start < lo ? start : lo;
			hi = end > hi ? end : hi;
		}
	}
	if (lo < hi) {
		m->start = lo;
		m->end = hi;
	}
}

/* The program may have holes between its segments, and then glibc tells of one at a time. */
static void headers_of_program(struct module *m)
{
	m->ph = modules.program;
	m->n_ph = modules.n_program;
	bounds_find(m);
}

static void headers_find(struct module *m)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)m->start;

	m->ph = NULL;
	m->n_ph = 0;
	if (m->start % PAGE || m->end - m->start < sizeof *eh) {
		return;
	}
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG) != 0 || eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_phentsize != sizeof(Elf64_Phdr) || eh->e_phnum == 0 ||
	    eh->e_phoff > PAGE - eh->e_phnum * sizeof(Elf64_Phdr) || eh->e_phoff % 8) {
		return;
	}
	m->ph = (const Elf64_Phdr *)(m->start + eh->e_phoff);
	m->n_ph = eh->e_phnum;
}

static int counts_of_first(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct modules_counts *counts = arg;

	(void)size;
	counts->adds = info->dlpi_adds;
	counts->subs = info->dlpi_subs;
	return 1;
}

static int list_add(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct list *list = arg;
	struct module *m;

	(void)size;
	if (list->n == list->room) {
		list->n = SIZE_MAX; /* loaded meanwhile: not this time */
	}
	if (list->n == SIZE_MAX) {
		return 1;
	}
	m = &list->modules[list->n++];
	m->bias = info->dlpi_addr;
	m->path = info->dlpi_name ? info->dlpi_name : "";
	m->ph = info->dlpi_phdr;
	m->n_ph = info->dlpi_phnum;
	bounds_find(m);
	for (unsigned i = 0; i < m->n_ph; i++) {
		if (m->ph[i].p_type == PT_GNU_EH_FRAME) {
			m->eh_frame_hdr = m->bias + m->ph[i].p_vaddr;
		}
	}
	return 0;
}

static int count_all(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)info, (void)size;
	++*(size_t *)arg;
	return 0;
}

void modules_refresh(void)
{
	const struct list *old = atomic_load_acquire(&modules.list);
	struct modules_counts now = {0, 0};
	struct list *list;
	size_t n = 0;

	if (!OLD_GLIBC || sys_sealed()) {
		return;
	}
	iterate(counts_of_first, &now);
	if (old && old->counts.adds == now.adds && old->counts.subs == now.subs) {
		return;
	}
	iterate(count_all, &n);
	list = sys_mmap(NULL, sizeof *list + n * sizeof list->modules[0], PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (sys_failed(list)) {
		return;
	}
	list->counts = now;
	list->room = n;
	iterate(list_add, list);
	if (list->n == SIZE_MAX) {
		sys_munmap(list, sizeof *list + n * sizeof list->modules[0]);
		return;
	}
	atomic_store_release(&modules.list, list); /* PAIR modules-list: list_find() */
}

static bool list_find(uintptr_t address, struct module *m)
{
	/* PAIR modules-list: modules_refresh() */
	const struct list *list = atomic_load_acquire(&modules.list);

	for (size_t i = 0; list && i < list->n; i++) {
		if (modules_segment(&list->modules[i], address)) {
			*m = list->modules[i];
			return true;
		}
	}
	return false;
}

bool modules_find(uintptr_t address, struct module *m)
{
	struct dl_find_object found;

	if (OLD_GLIBC) {
		return list_find(address, m);
	}
	if (_dl_find_object((void *)address, &found) != 0) {
		return false;
	}
	m->start = (uintptr_t)found.dlfo_map_start;
	m->end = (uintptr_t)found.dlfo_map_end;
	m->map = found.dlfo_link_map;
	m->bias = found.dlfo_link_map->l_addr;
	m->path = found.dlfo_link_map->l_name ? found.dlfo_link_map->l_name : "";
	m->eh_frame_hdr = (uintptr_t)found.dlfo_eh_frame;
	if (modules.program && found.dlfo_link_map == _r_debug.r_map) {
		headers_of_program(m);
	} else {
		headers_find(m);
	}
	return true;
}

const Elf64_Phdr *modules_segment(const struct module *m, uintptr_t address)
{
	for (unsigned i = 0; i < m->n_ph; i++) {
		const Elf64_Phdr *ph = &m->ph[i];

		if (ph->p_type == PT_LOAD && address - (m->bias + ph->p_vaddr) < ph->p_memsz) {
			return ph;
		}
	}
	return NULL;
}

bool modules_readable(const struct module *m, uintptr_t address, size_t n)
{
	for (unsigned i = 0; i < m->n_ph; i++) {
		const Elf64_Phdr *ph = &m->ph[i];
		uintptr_t lo = (m->bias + ph->p_vaddr) & -PAGE;
		uintptr_t hi = (m->bias + ph->p_vaddr + ph->p_filesz + PAGE - 1) & -PAGE;

		if (ph->p_type == PT_LOAD && (ph->p_flags & PF_R) && address >= lo &&
		    address < hi && n <= hi - address) {
			return true;
		}
	}
	return false;
}

bool modules_executable(const struct module *m, uintptr_t address)
{
	const Elf64_Phdr *ph = modules_segment(m, address);

	return ph && (ph->p_flags & PF_X);
}

bool modules_offset(const struct module *m, uintptr_t address, uintptr_t *start, uint64_t *offset)
{
	const Elf64_Phdr *ph = modules_segment(m, address);

	if (!ph) {
		return false;
	}
	*start = (m->bias + ph->p_vaddr) & -PAGE;
	*offset = ph->p_offset & -PAGE;
	return true;
}

static size_t note_in(uintptr_t at, size_t size, const char owner[4], uint32_t type,
		      const uint8_t **content)
{
	while (size >= sizeof(Elf64_Nhdr)) {
		const Elf64_Nhdr *n = (const Elf64_Nhdr *)at;
		size_t name = (n->n_namesz + 3ul) & ~3ul;
		size_t desc = (n->n_descsz + 3ul) & ~3ul;
		size_t whole = sizeof *n + name + desc;

		if (whole > size) {
			return 0;
		}
		if (n->n_type == type && n->n_namesz == 4 && memcmp(n + 1, owner, 4) == 0) {
			*content = (const uint8_t *)(n + 1) + name;
			return n->n_descsz;
		}
		at += whole;
		size -= whole;
	}
	return 0;
}

size_t modules_note(const struct module *m, const char owner[4], uint32_t type,
		    const uint8_t **content)
{
	for (unsigned i = 0; i < m->n_ph; i++) {
		const Elf64_Phdr *ph = &m->ph[i];
		uintptr_t at = m->bias + ph->p_vaddr;
		size_t n;

		/* Notes of 8-byte alignment (.note.gnu.property) hold nothing that is asked for. */
		if (ph->p_type != PT_NOTE || ph->p_align == 8 || at % 4 ||
		    !modules_readable(m, at, ph->p_filesz)) {
			continue;
		}
		n = note_in(at, ph->p_filesz, owner, type, content);
		if (n) {
			return n;
		}
	}
	return 0;
}

size_t modules_build_id(const struct module *m, const uint8_t **id)
{
	return modules_note(m, "GNU", NT_GNU_BUILD_ID, id);
}

/* The dynamic section's pointers are plain addresses once glibc has relocated them; in the vdso
 * they are offsets. */
static uintptr_t dynamic_pointer(const struct module *m, Elf64_Xword value)
{
	return value >= m->start && value < m->end ? value : m->bias + value;
}

static bool gnu_hash_finds(const struct module *m, const uint32_t *table, const Elf64_Sym *syms,
			   const char *strings, const char *name)
{
	uint32_t hash = 5381;
	uint32_t n_buckets = table[0], first = table[1], n_bloom = table[2], shift = table[3];
	const uint64_t *bloom = (const uint64_t *)(table + 4);
	const uint32_t *buckets = (const uint32_t *)(bloom + n_bloom);
	const uint32_t *chain = buckets + n_buckets;
	uint64_t bits;
	uint32_t i;

	for (const char *c = name; *c; c++) {
		hash = hash * 33 + (unsigned char)*c;
	}
	if (!n_buckets || !n_bloom || !modules_readable(m, (uintptr_t)bloom, n_bloom * 8ul) ||
	    !modules_readable(m, (uintptr_t)buckets, n_buckets * 4ul)) {
		return false;
	}
	bits = bloom[(hash / 64) & (n_bloom - 1)];
	if (!((bits >> (hash % 64)) & (bits >> ((hash >> (shift % 32)) % 64)) & 1)) {
		return false;
	}
	i = buckets[hash % n_buckets];
	if (i < first) {
		return false;
	}
	for (;; i++) {
		if (!modules_readable(m, (uintptr_t)&chain[i - first], 4) ||
		    !modules_readable(m, (uintptr_t)&syms[i], sizeof *syms)) {
			return false;
		}
		if (((chain[i - first] ^ hash) | 1) == 1 && syms[i].st_shndx != SHN_UNDEF) {
			const char *s = strings + syms[i].st_name;

			if (modules_readable(m, (uintptr_t)s, strlen(name) + 1) &&
			    strcmp(s, name) == 0) {
				return true;
			}
		}
		if (chain[i - first] & 1) {
			return false;
		}
	}
}

bool modules_exports(const struct module *m, const char *name)
{
	uintptr_t hash = 0, syms = 0, strings = 0;

	for (unsigned i = 0; i < m->n_ph; i++) {
		const Elf64_Dyn *d = (const Elf64_Dyn *)(m->bias + m->ph[i].p_vaddr);

		if (m->ph[i].p_type != PT_DYNAMIC ||
		    !modules_readable(m, (uintptr_t)d, m->ph[i].p_filesz)) {
			continue;
		}
		for (size_t n = m->ph[i].p_filesz / sizeof *d; n && d->d_tag; n--, d++) {
			if (d->d_tag == DT_GNU_HASH) {
				hash = dynamic_pointer(m, d->d_un.d_ptr);
			} else if (d->d_tag == DT_SYMTAB) {
				syms = dynamic_pointer(m, d->d_un.d_ptr);
			} else if (d->d_tag == DT_STRTAB) {
				strings = dynamic_pointer(m, d->d_un.d_ptr);
			}
		}
	}
	if (!hash || !syms || !strings || !modules_readable(m, hash, 16)) {
		return false;
	}
	return gnu_hash_finds(m, (const uint32_t *)hash, (const Elf64_Sym *)syms,
			      (const char *)strings, name);
}

uint64_t modules_generation(void)
{
	return atomic_load_acquire(
		&modules.generation); /* PAIR generation: modules_close_begin() */
}

void modules_generation_raise(void)
{
	/* PAIR generation: modules_generation() */
	atomic_add_full(&modules.generation, 1);
}

bool modules_closing(void)
{
	return atomic_load_acquire(&modules.closing) != 0; /* PAIR closing: modules_close_begin() */
}

bool modules_fork_child(void)
{
	bool closing = atomic_load_relaxed(&modules.closing) != 0; /* the child has one thread */

	atomic_store_relaxed(&modules.closing, 0);
	return closing;
}

void modules_close_begin(struct modules_counts *before)
{
	*before = (struct modules_counts){0, 0};
	iterate(counts_of_first, before);
	/* PAIR closing: modules_closing() */
	atomic_add_full(&modules.closing, 1);
	modules_generation_raise();
}

enum modules_gone modules_close_end(const struct modules_counts *before)
{
	struct modules_counts after = {0, 0};

	iterate(counts_of_first, &after);
	modules_generation_raise();
	modules_refresh();
	if (after.adds != before->adds || OLD_GLIBC) {
		return MODULES_GONE_ANY;
	}
	return after.subs != before->subs ? MODULES_GONE_SOME : MODULES_GONE_NONE;
}

void modules_close_done(void)
{
	atomic_sub_full(&modules.closing, 1);
}
