/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a package's index (DWARF 5, 7.3.5, and GNU's form before it), and making .dwo files.
 *
 * libdw opens the file whose name stands in the skeleton, and links both; there is no other door.
 * So a unit is written into a memory file, and its name, /dev/fd/N, stands in the skeleton while
 * libdw looks: libelf maps files privately, so nobody else sees that.
 *
 * Of a package's strings, which all units share, a unit gets those that it refers to. */
#include "name_package.h"

#include <dwarf.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mem.h"

/* Columns of the index that names need; the numbers are those of DWARF 5, and GNU's for the first
 * ones. A unit's loclists are of no interest. */
enum { INFO = 1, ABBREV = 3, LINE = 4, STR_OFFSETS = 6, RNGLISTS = 8, COLUMNS };

static const char *const names[COLUMNS] = {
	[INFO] = ".debug_info.dwo",	    [ABBREV] = ".debug_abbrev.dwo",
	[LINE] = ".debug_line.dwo",	    [STR_OFFSETS] = ".debug_str_offsets.dwo",
	[RNGLISTS] = ".debug_rnglists.dwo",
};

#define FD_FOLDER "/dev/fd"

struct name_package {
	struct elf_image *image;
	struct elf_range index, strings, sections[COLUMNS];
	unsigned version; /* 2 or 5 */
	uint32_t columns, units, slots;
};

/* What is put together: a file of bytes, from mem_grow(). */
struct file {
	unsigned char *bytes;
	size_t size, room;
	Elf64_Shdr headers[COLUMNS + 3];
	size_t header_count;
};

static bool read_index(struct name_package *package)
{
	const struct elf_range index = package->index;
	uint64_t need;

	package->version = elf_range_u32(index, 0) & 0xffff;
	package->columns = elf_range_u32(index, 4);
	package->units = elf_range_u32(index, 8);
	package->slots = elf_range_u32(index, 12);
	need = 16 + (uint64_t)package->slots * 12;
	if ((package->version != 2 && package->version != 5) || !package->columns ||
	    package->columns > 16 || package->slots > index.size || need > index.size) {
		return false;
	}
	return 4 * (uint64_t)package->columns * (1 + 2 * (uint64_t)package->units) <=
	       index.size - need;
}

struct name_package *name_package_of(struct elf_image *image)
{
	struct name_package *package = mem_zero(1, sizeof(*package));
	size_t i;

	package->image = image;
	if (!elf_image_section(image, ".debug_cu_index", &package->index) ||
	    !elf_image_section(image, ".debug_str.dwo", &package->strings) ||
	    !read_index(package)) {
		name_package_free(package);
		return NULL;
	}
	for (i = 0; i < COLUMNS; i++) {
		if (names[i]) {
			elf_image_section(image, names[i], &package->sections[i]);
		}
	}
	return package;
}

struct name_package *name_package_open(const struct elf_image *image)
{
	char *path = mem_print("%s.dwp", image->path);
	struct elf_image *beside;
	bool there = !elf_image_open(&beside, path, NULL);

	free(path);
	return there ? name_package_of(beside) : NULL;
}

void name_package_free(struct name_package *package)
{
	if (package) {
		elf_image_free(package->image);
		free(package);
	}
}

/* find_row - number of a unit's row, from 1; 0: the package does not have it */
static uint32_t find_row(const struct name_package *package, uint64_t id)
{
	uint32_t mask = package->slots - 1, i;
	uint32_t slot = (uint32_t)id & mask, step = ((uint32_t)(id >> 32) & mask) | 1;

	if (!package->slots || (package->slots & mask)) {
		return 0;
	}
	for (i = 0; i < package->slots; i++) {
		uint32_t row = elf_range_u32(package->index, 16 + 8 * (uint64_t)package->slots +
								     4 * (uint64_t)slot);

		if (!row || row > package->units) {
			return 0;
		}
		if (elf_range_u64(package->index, 16 + 8 * (uint64_t)slot) == id) {
			return row;
		}
		slot = (slot + step) & mask;
	}
	return 0;
}

/* part_of - what a unit has in the section of a column of the index */
static struct elf_range part_of(const struct name_package *package, uint32_t row, uint32_t column)
{
	const uint64_t table = 16 + 12 * (uint64_t)package->slots;
	const uint64_t cell = 4 * ((uint64_t)row * package->columns + column);
	const uint32_t section = elf_range_u32(package->index, table + 4 * (uint64_t)column);
	const uint64_t sizes = 4 * (uint64_t)package->units * package->columns;
	struct elf_range part = {0};

	if (section >= COLUMNS || !names[section] || (package->version == 2 && section > 6)) {
		return part;
	}
	part = elf_range_tail(package->sections[section],
			      elf_range_u32(package->index, table + cell));
	if (part.size > elf_range_u32(package->index, table + cell + sizes)) {
		part.size = elf_range_u32(package->index, table + cell + sizes);
	}
	return part;
}

static void append(struct file *file, const void *bytes, size_t size)
{
	file->bytes = mem_grow(file->bytes, &file->room, file->size + size + 1, 1);
	memcpy(file->bytes + file->size, bytes, size);
	file->size += size;
}

/* section_begin, section_end - what is appended in between is a section of that name */
static void section_begin(struct file *file)
{
	static const unsigned char zeros[16];

	append(file, zeros, -file->size & 15);
	file->headers[file->header_count].sh_offset = file->size;
}

static void section_end(struct file *file, struct file *names_of, const char *name)
{
	Elf64_Shdr *header = &file->headers[file->header_count++];

	header->sh_name = (Elf64_Word)names_of->size;
	header->sh_type = SHT_PROGBITS;
	header->sh_size = file->size - header->sh_offset;
	header->sh_addralign = 1;
	append(names_of, name, strlen(name) + 1);
}

/* add_strings - a unit's table of offsets into the strings, and the strings, newly counted
 * In DWARF 5 the table starts with a header of 8 bytes. */
static void add_strings(const struct name_package *package, struct elf_range offsets,
			struct file *file, struct file *names_of)
{
	struct file strings = {0};
	const size_t start = package->version == 5 ? 8 : 0;
	size_t at;

	append(&strings, "", 1);
	section_begin(file);
	append(file, offsets.bytes, offsets.size < start ? offsets.size : start);
	for (at = start; at + 4 <= offsets.size; at += 4) {
		const char *text = elf_range_string(package->strings, elf_range_u32(offsets, at));
		uint32_t place = htole32(text ? (uint32_t)strings.size : 0);

		append(file, &place, sizeof(place));
		if (text) {
			append(&strings, text, strlen(text) + 1);
		}
	}
	section_end(file, names_of, names[STR_OFFSETS]);
	section_begin(file);
	append(file, strings.bytes, strings.size);
	section_end(file, names_of, ".debug_str.dwo");
	free(strings.bytes);
}

static void finish(struct file *file, struct file *names_of)
{
	Elf64_Ehdr ehdr = {
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			    EV_CURRENT},
		.e_type = ET_REL,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_shentsize = sizeof(Elf64_Shdr),
	};

	section_begin(file);
	append(names_of, ".shstrtab", sizeof(".shstrtab"));
	append(file, names_of->bytes, names_of->size);
	section_end(file, names_of, ".shstrtab");
	file->headers[file->header_count - 1].sh_type = SHT_STRTAB;
	file->headers[file->header_count - 1].sh_name -= sizeof(".shstrtab");
	section_begin(file);
	ehdr.e_shoff = file->size;
	ehdr.e_shnum = (Elf64_Half)file->header_count;
	ehdr.e_shstrndx = (Elf64_Half)(file->header_count - 1);
	append(file, file->headers, file->header_count * sizeof(*file->headers));
	memcpy(file->bytes, &ehdr, sizeof(ehdr));
}

/* make_file - the unit as a .dwo file in memory; a descriptor, or -1 */
static int make_file(const struct name_package *package, uint32_t row)
{
	static const Elf64_Ehdr nothing;
	struct file file = {.header_count = 1}, names_of = {0};
	uint32_t column, seen = 0;
	int fd;

	append(&file, &nothing, sizeof(nothing));
	append(&names_of, "", 1);
	for (column = 0; column < package->columns; column++) {
		uint32_t section = elf_range_u32(
			package->index, 16 + 12 * (uint64_t)package->slots + 4 * (uint64_t)column);
		struct elf_range part = part_of(package, row, column);

		if (!part.size || seen & 1U << section) {
			continue;
		}
		seen |= 1U << section;
		if (section == STR_OFFSETS) {
			add_strings(package, part, &file, &names_of);
			continue;
		}
		section_begin(&file);
		append(&file, part.bytes, part.size);
		section_end(&file, &names_of, names[section]);
	}
	finish(&file, &names_of);
	fd = memfd_create("unit.dwo", MFD_CLOEXEC);
	if (fd >= 0 && write(fd, file.bytes, file.size) != (ssize_t)file.size) {
		close(fd);
		fd = -1;
	}
	free(file.bytes);
	free(names_of.bytes);
	return fd;
}

int name_package_file(const struct name_package *package, uint64_t id)
{
	uint32_t row = find_row(package, id);

	return row ? make_file(package, row) : -1;
}

/* A text of the skeleton while another one stands in its place. */
struct patch {
	char *text, *kept;
};

/* patch - false: it does not fit, and nothing was changed */
static bool patch(struct patch *patch, const char *text, const char *with)
{
	*patch = (struct patch){.text = (char *)text};
	if (!text || strlen(text) < strlen(with)) {
		return false;
	}
	patch->kept = mem_string(text);
	memcpy(patch->text, with, strlen(with) + 1);
	return true;
}

static void patch_undo(struct patch *patch)
{
	if (patch->kept) {
		memcpy(patch->text, patch->kept, strlen(patch->kept) + 1);
		free(patch->kept);
	}
}

static const char *text_of(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;

	return dwarf_formstring(dwarf_attr(die, name, &attribute));
}

bool name_package_link(struct name_package *package, Dwarf_Die *skeleton, uint64_t id)
{
	const char *name = text_of(skeleton, DW_AT_dwo_name);
	struct patch file = {0}, folder = {0};
	Dwarf_Die inner = {0};
	char path[32];
	int fd;

	name = name ? name : text_of(skeleton, DW_AT_GNU_dwo_name);
	fd = name ? name_package_file(package, id) : -1;
	if (fd < 0) {
		return false;
	}
	snprintf(path, sizeof(path), FD_FOLDER "/%d", fd);
	/* A short name, main.dwo, takes the number only; the folder that was compiled in the rest.
	 */
	if (patch(&file, name, path) ||
	    (patch(&folder, text_of(skeleton, DW_AT_comp_dir), FD_FOLDER) &&
	     patch(&file, name, path + sizeof(FD_FOLDER)))) {
		dwarf_cu_info(skeleton->cu, NULL, NULL, NULL, &inner, NULL, NULL, NULL);
	}
	patch_undo(&file);
	patch_undo(&folder);
	close(fd);
	return dwarf_tag(&inner) > 0;
}
