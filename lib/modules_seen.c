/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modules_seen.c - the modules that recorded stacks pass through
 *
 * Records lie one after the other and are final, but for `gone`. A record is written beyond `used`
 * and shown by raising it, so a reader never sees half of one, whenever we are killed.
 */
#include "modules_seen.h"

#include <string.h>

#include "modules.h"
#include "state.h"
#include "sys.h"
#include "unwind.h"

#define PATH_MOST 4096u

static struct {
	uint32_t writing; /* by CAS; PAIR modules-writing */
} self;

static const struct layout_module *known(struct layout_header *h, uintptr_t pc)
{
	struct layout_view view = {.header = h, .bytes = h->file_bytes};
	const struct layout_module *m;
	uint64_t at = 0;

	while ((m = layout_next_module(&view, &at)) != NULL) {
		if (pc - m->start < m->end - m->start && atomic_load_relaxed(&m->gone) == 0) {
			return m;
		}
	}
	return NULL;
}

/* The loader knows the program itself by no name, and what was found by a relative search path by a
 * relative one. Returns the length of what stands in @to. */
static size_t full_path(const struct layout_header *h, const struct module *m, char *to)
{
	size_t n = strlen(m->path), lead = 0;

	if (n == 0) {
		memcpy(to, h->name, h->name_bytes);
		return h->name_bytes;
	}
	if (m->path[0] != '/' && memchr(m->path, '/', n) != NULL) {
		ssize_t cwd = sys_getcwd(to, PATH_MOST);

		if (cwd > 1) {
			lead = (size_t)cwd;
			to[lead - 1] = '/';
		}
	}
	if (n > PATH_MOST - lead) {
		n = PATH_MOST - lead;
	}
	memcpy(to + lead, m->path, n);
	return lead + n;
}

static void write_down(struct layout_header *h, const struct module *m, uintptr_t pc)
{
	struct layout_window *w = &h->windows[LAYOUT_MODULES];
	uint64_t used = atomic_load_relaxed(&w->used); /* we are the only writer */
	const Elf64_Phdr *segment = modules_segment(m, pc);
	struct layout_module *record;
	const uint8_t *id;

	if (segment == NULL ||
	    !state_reserve(h, LAYOUT_MODULES, used + sizeof(*record) + PATH_MOST)) {
		return;
	}
	record = state_at(h, LAYOUT_MODULES, used);
	uintptr_t page_start = segment->p_vaddr & ~(uintptr_t)4095;

	record->generation = (uint32_t)modules_generation();
	record->start = m->bias + page_start;
	record->end = m->bias + ((segment->p_vaddr + segment->p_memsz + 4095) & ~(uintptr_t)4095);
	record->offset = segment->p_offset - (segment->p_vaddr - page_start);
	size_t id_bytes = modules_build_id(m, &id);

	if (id_bytes > 0 && id_bytes <= sizeof(record->build_id)) {
		memcpy(record->build_id, id, id_bytes);
		record->build_id_bytes = (uint16_t)id_bytes;
	}
	record->path_bytes = (uint16_t)full_path(h, m, record->path);
	record->bytes = (uint32_t)((sizeof(*record) + record->path_bytes + 7) & ~7u);
	/* PAIR region: layout_region(). KILLED before: no record; after: a whole one. */
	atomic_store_release(&w->used, used + record->bytes);
}

/* Is the module that lies at the record's place now still the same one? By build-id, and by path
 * for those that have none. */
static bool is_same(const struct layout_module *record, const struct module *now)
{
	size_t path_bytes = strlen(now->path);
	const uint8_t *id;
	size_t id_bytes = modules_build_id(now, &id);

	return id_bytes == record->build_id_bytes &&
	       (id_bytes == 0 || memcmp(id, record->build_id, id_bytes) == 0) &&
	       path_bytes <= record->path_bytes &&
	       memcmp(record->path + record->path_bytes - path_bytes, now->path, path_bytes) == 0;
}

/* Modules that are no more: another may lie at their place by now. */
static void bury(struct layout_header *h)
{
	struct layout_view view = {.header = h, .bytes = h->file_bytes};
	uint32_t generation = (uint32_t)modules_generation();
	uint64_t at = 0, here = 0;

	for (; layout_next_module(&view, &at) != NULL; here = at) {
		struct layout_module *mine = state_at(h, LAYOUT_MODULES, here);
		struct module now;

		if (mine->generation == generation || mine->gone != 0) {
			continue;
		}
		mine->generation = generation;
		if (!modules_find(mine->start, &now) || !is_same(mine, &now)) {
			atomic_store_relaxed(&mine->gone, 1); /* a mark for dumps, orders nothing */
		}
	}
}

void modules_seen(struct layout_header *h, const uintptr_t *pcs, size_t n)
{
	if (!atomic_cas_acquire(&self.writing, 0, 1)) { /* PAIR modules-writing: below */
		return;
	}
	bury(h);
	for (size_t i = 0; i < n; i++) {
		struct module m;

		if (pcs[i] > UNWIND_PC_CUT && known(h, pcs[i] - 1) == NULL &&
		    modules_find(pcs[i] - 1, &m)) {
			write_down(h, &m, pcs[i] - 1);
		}
	}
	atomic_store_release(&self.writing, 0); /* PAIR modules-writing: above */
}

void modules_seen_fork_child(void)
{
	atomic_store_release(&self.writing, 0); /* PAIR modules-writing: modules_seen() */
}
