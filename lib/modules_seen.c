/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modules_seen.c - the modules that recorded stacks pass through
 *
 * Records lie one after the other and are final, but for `gone`. A record is written beyond `used`
 * and shown by raising it, so a reader never sees half of one, whenever we are killed.
 */
#include "modules_seen.h"

#include <string.h>

#include "arch.h"
#include "atomics.h"
#include "modules.h"
#include "state.h"
#include "sys.h"
#include "thread.h"
#include "unwind.h"

#define PATH_MOST 4096u
#define WAIT_MOST 1000u /* some microseconds */

static struct {
	uintptr_t writing; /* whose turn it is: its TLS; by CAS; PAIR modules-writing */
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

		if (cwd > 1 && to[0] == '/') { /* not '(unreachable)/...' */
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

/* It may come and go again and again: for what it was written down once, it stays. */
static bool revive(struct layout_header *h, const struct module *m, uint64_t start)
{
	struct layout_view view = {.header = h, .bytes = h->file_bytes};
	uint64_t at = 0, here = 0;

	for (; layout_next_module(&view, &at) != NULL; here = at) {
		struct layout_module *mine = state_at(h, LAYOUT_MODULES, here);

		if (mine->gone != 0 && mine->start == start && is_same(mine, m)) {
			mine->generation = (uint32_t)modules_generation();
			atomic_store_relaxed(&mine->gone, 0); /* as in bury() */
			return true;
		}
	}
	return false;
}

static void write_down(struct layout_header *h, const struct module *m, uintptr_t pc)
{
	struct layout_window *w = &h->windows[LAYOUT_MODULES];
	uint64_t used = atomic_load_relaxed(&w->used); /* we are the only writer */
	const Elf64_Phdr *segment = modules_segment(m, pc);
	struct layout_module *record;
	const uint8_t *id;

	if (segment == NULL) {
		return;
	}
	uintptr_t page_start = segment->p_vaddr & ~(uintptr_t)4095;

	if (revive(h, m, m->bias + page_start) ||
	    !state_reserve(h, LAYOUT_MODULES, used + sizeof(*record) + PATH_MOST)) {
		return;
	}
	record = state_at(h, LAYOUT_MODULES, used);
	memset(record, 0, sizeof(*record)); /* one that was jumped out of left something here */
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

/* Others take microseconds, and who leaves without may leave a stack without names. One that was
 * jumped out of, or died, has left it to whom we are now, or to nobody. */
static bool begin_writing(void)
{
	uintptr_t me = (uintptr_t)thread_self();

	for (unsigned i = 0; i < WAIT_MOST; i++) {
		uintptr_t writer = atomic_load_relaxed(&self.writing);

		if (writer == me || /* PAIR modules-writing: modules_seen() */
		    (writer == 0 && atomic_cas_acquire(&self.writing, 0, me))) {
			return true;
		}
		arch_pause();
	}
	return false;
}

void modules_seen(struct layout_header *h, const uintptr_t *pcs, size_t n)
{
	if (!begin_writing()) {
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
	atomic_store_release(&self.writing, 0); /* PAIR modules-writing: begin_writing() */
}

void modules_seen_fork_child(void)
{
	atomic_store_release(&self.writing, 0); /* PAIR modules-writing: begin_writing() */
}
