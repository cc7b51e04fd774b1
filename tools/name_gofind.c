/* SPDX-License-Identifier: Apache-2.0 */
/* Finding Go's tables in an ELF file.
 *
 * moduledata is found as the one place in the file's data whose first word is the address of the
 * table and whose second word follows from the table's header. Its fields move between versions
 * (runtime/symtab.go): text is at byte 176 from Go 1.16 on; go:func.* was at 304 in 1.18 and 1.19
 * and is at 320 since 1.20. All words behind text are offered as candidates for it, so that a
 * version to come still gives inlined frames; the decoder finds out which one makes sense. */
#include "name_gofind.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define MODULEDATA_TEXT	  176
#define MODULEDATA_FUNC19 304
#define MODULEDATA_FUNC20 320
#define MODULEDATA_SEARCH 512 /* candidates for go:func.* end here */
#define BASES_MOST	  (2 + (MODULEDATA_SEARCH - MODULEDATA_TEXT) / 8)

/* find_in - the first thing in a range that opens as a table; aligned to 16 at least */
static bool find_in(struct elf_range range, struct elf_range *table)
{
	struct gopclntab tab;
	size_t at;

	for (at = -range.vaddr & 15; at < range.size && range.size - at >= 16; at += 16) {
		if (range.bytes[at + 1] != 0xff || range.bytes[at + 2] != 0xff ||
		    !gopclntab_check(range.bytes + at, range.size - at)) {
			continue;
		}
		table->bytes = range.bytes + at;
		table->size = range.size - at;
		table->vaddr = range.vaddr + at;
		if (!gopclntab_open(&tab, *table, 0, NULL, NULL, NULL) && tab.function_count) {
			return true;
		}
	}
	return false;
}

/* find_table - by name; where GNU ld linked a PIE file, before Go 1.26, inside .data.rel.ro; in a
 * file without section headers anywhere */
static bool find_table(const struct elf_image *image, struct elf_range *table)
{
	struct elf_range range;
	size_t i;

	if (elf_image_section(image, ".gopclntab", table) ||
	    elf_image_section(image, ".data.rel.ro.gopclntab", table)) {
		return gopclntab_check(table->bytes, table->size);
	}
	if (elf_image_section(image, ".data.rel.ro", &range)) {
		return find_in(range, table);
	}
	if (elf_image_section(image, ".text", &range)) {
		return false;
	}
	for (i = 0; i < image->segment_count; i++) {
		if (find_in(elf_image_at(image, image->segments[i].vaddr), table)) {
			return true;
		}
	}
	return false;
}

/* is_moduledata - does a struct that starts with the table's address go on as it should? */
static bool is_moduledata(struct elf_image *image, uint64_t vaddr, const struct elf_range *table,
			  enum gopclntab_layout layout)
{
	uint64_t names, text, end, offset;

	if (layout == GOPCLNTAB_GO12) {
		return false; /* nothing in it is needed */
	}
	offset = elf_range_u64(*table, layout == GOPCLNTAB_GO116 ? 24 : 32);
	return elf_image_pointer(image, vaddr + 8, &names) && names == table->vaddr + offset &&
	       elf_image_pointer(image, vaddr + MODULEDATA_TEXT, &text) &&
	       elf_image_pointer(image, vaddr + MODULEDATA_TEXT + 8, &end) && text < end;
}

static bool find_in_relocations(struct elf_image *image, const struct elf_range *table,
				enum gopclntab_layout layout, uint64_t *moduledata)
{
	size_t count, i;
	const struct elf_relocation *relocations = elf_image_relocations(image, &count);

	for (i = 0; i < count; i++) {
		if (relocations[i].value == table->vaddr &&
		    is_moduledata(image, relocations[i].at, table, layout)) {
			*moduledata = relocations[i].at;
			return true;
		}
	}
	return false;
}

static bool find_moduledata(struct elf_image *image, const struct elf_range *table,
			    enum gopclntab_layout layout, uint64_t *moduledata)
{
	size_t i, at;

	if (find_in_relocations(image, table, layout, moduledata)) {
		return true;
	}
	for (i = 0; i < image->segment_count; i++) {
		const struct elf_segment *segment = &image->segments[i];
		struct elf_range range = elf_image_at(image, segment->vaddr);

		for (at = -segment->vaddr & 7; at + 8 <= range.size && !segment->executable;
		     at += 8) {
			if (elf_range_u64(range, at) == table->vaddr &&
			    is_moduledata(image, segment->vaddr + at, table, layout)) {
				*moduledata = segment->vaddr + at;
				return true;
			}
		}
	}
	return false;
}

static size_t find_bases(struct elf_image *image, uint64_t moduledata, enum gopclntab_layout layout,
			 uint64_t *bases)
{
	uint64_t likely = layout == GOPCLNTAB_GO118 ? MODULEDATA_FUNC19 : MODULEDATA_FUNC20;
	size_t count = 0, at;

	count += elf_image_pointer(image, moduledata + likely, &bases[count]);
	for (at = MODULEDATA_TEXT; at < MODULEDATA_SEARCH; at += 8) {
		if (elf_image_pointer(image, moduledata + at, &bases[count]) &&
		    elf_image_at(image, bases[count]).size) {
			count++;
		}
	}
	return count;
}

/* relocate - before 1.18 the table itself holds pointers; in a PIE file they are relocations */
static void relocate(struct elf_image *image, struct gofind *go, struct elf_range *table)
{
	size_t count, i;
	const struct elf_relocation *relocations = elf_image_relocations(image, &count);

	for (i = 0; i < count; i++) {
		uint64_t at = relocations[i].at - table->vaddr;
		uint64_t value = htole64(relocations[i].value);

		if (relocations[i].at < table->vaddr || table->size < 8 || at > table->size - 8) {
			continue;
		}
		if (!go->copy) {
			go->copy = mem_copy(table->bytes, table->size);
		}
		memcpy(go->copy + at, &value, sizeof(value));
	}
	if (go->copy) {
		table->bytes = go->copy;
	}
}

static struct elf_range memory_at(void *context, uint64_t vaddr)
{
	return elf_image_at(context, vaddr);
}

struct gofind *gofind_open(struct elf_image *image)
{
	uint64_t bases[BASES_MOST] = {0}, moduledata = 0, text = 0;
	struct elf_range table;
	struct gofind *go;
	size_t count = 0;

	if (!find_table(image, &table)) {
		return NULL;
	}
	go = mem_zero(1, sizeof(*go));
	if (gopclntab_open(&go->tab, table, 0, NULL, NULL, NULL)) {
		goto none;
	}
	if (find_moduledata(image, &table, go->tab.layout, &moduledata)) {
		go->moduledata = true;
		elf_image_pointer(image, moduledata + MODULEDATA_TEXT, &text);
		count = find_bases(image, moduledata, go->tab.layout, bases);
	}
	if (go->tab.layout < GOPCLNTAB_GO118) {
		relocate(image, go, &table);
	} else if (!text && !elf_image_pointer(image, table.vaddr + 24, &text)) {
		goto none;
	}
	if (gopclntab_open(&go->tab, table, text, memory_at, image, NULL) ||
	    !go->tab.function_count || go->tab.end <= go->tab.text || !go->tab.text) {
		goto none;
	}
	gopclntab_probe_trees(&go->tab, bases, count);
	gopclntab_probe_wrappers(&go->tab);
	return go;
none:
	gofind_free(go);
	return NULL;
}

void gofind_free(struct gofind *go)
{
	if (go) {
		free(go->copy);
		free(go);
	}
}
