/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols of all tables in one sorted list without duplicates.
 *
 * A symbol without a size (assembly, labels) ends where the next one starts or its section ends.
 * A label inside of a function that has a size is no function and is left out. Assembly has
 * functions inside of functions; the one that starts last is meant. */
#include "name_symbols.h"

#include <elf.h>
#include <endian.h>
#include <gelf.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>

#define ENDBR64		 0xfa1e0ff3U
#define MINI_BYTES_MOST	 ((size_t)256 << 20)
#define MINI_MEMORY_MOST ((uint64_t)256 << 20)

/* rank_of - among names of one address: fewest leading underscores, then what other modules see,
 * then the shortest; a C library's internal aliases come last. */
static unsigned rank_of(const char *name, unsigned binding)
{
	size_t underscores = strspn(name, "_");
	size_t length = strlen(name);
	unsigned rank = 0;

	if (strncmp(name, "__GI_", 5) == 0 || strncmp(name, "__libc_", 7) == 0) {
		underscores += 4;
	}
	if (strncmp(name, "_Z", 2) == 0 || strncmp(name, "_R", 2) == 0) {
		underscores = 0;
	}
	rank += (unsigned)(underscores < 15 ? underscores : 15) << 12;
	rank += (binding == STB_LOCAL ? 2U : 0) << 10;
	return rank + (unsigned)(length < 1023 ? length : 1023);
}

/* clean_name - without '@@VERSION' */
static const char *clean_name(struct mem_pool *strings, const char *name)
{
	const char *at = strchr(name, '@');

	if (!at || at == name || strcmp(at, "@plt") == 0) {
		return name;
	}
	return mem_pool_string(strings, name, (size_t)(at - name));
}

static void add(struct name_symbols *symbols, struct name_symbol symbol)
{
	symbols->list =
		mem_grow(symbols->list, &symbols->room, symbols->count + 1, sizeof(*symbols->list));
	symbols->list[symbols->count++] = symbol;
}

/* is_function - by type; a symbol without type when it lies in code and is no mapping symbol */
static bool is_function(const GElf_Sym *sym, const char *name, bool code)
{
	unsigned type = GELF_ST_TYPE(sym->st_info);

	if (sym->st_shndx == SHN_UNDEF || sym->st_shndx == SHN_ABS || !*name) {
		return false;
	}
	return type == STT_FUNC || type == STT_GNU_IFUNC ||
	       (type == STT_NOTYPE && code && *name != '$' && *name != '.');
}

/* section_end - end address of a section and whether it holds code; 0: not loaded */
static uint64_t section_end(const struct elf_image *image, size_t index, bool *code)
{
	Elf_Scn *section = elf_getscn(image->elf, index);
	GElf_Shdr shdr;

	*code = false;
	if (!section || !gelf_getshdr(section, &shdr)) {
		return 0;
	}
	*code = shdr.sh_flags & SHF_EXECINSTR;
	return shdr.sh_addr + shdr.sh_size;
}

struct section_ends {
	uint64_t *ends;
	bool *code;
	size_t count;
};

static void section_ends_read(struct section_ends *ends, const struct elf_image *image)
{
	size_t i;

	ends->count = 0;
	if (elf_getshdrnum(image->elf, &ends->count) || ends->count > image->size) {
		ends->count = 0;
	}
	ends->ends = mem_zero(ends->count, sizeof(*ends->ends));
	ends->code = mem_zero(ends->count, sizeof(*ends->code));
	for (i = 0; i < ends->count; i++) {
		ends->ends[i] = section_end(image, i, &ends->code[i]);
	}
}

static void add_table(struct name_symbols *symbols, const struct elf_image *image, Elf_Scn *section,
		      size_t strings, const struct section_ends *ends)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t entry = gelf_fsize(image->elf, ELF_T_SYM, 1, EV_CURRENT);
	size_t count = data && entry ? data->d_size / entry : 0, i;
	GElf_Sym sym;

	for (i = 1; i < count && gelf_getsym(data, (int)i, &sym); i++) {
		struct name_symbol symbol = {.start = sym.st_value};
		bool known = sym.st_shndx < ends->count;
		const char *name;

		if (!known || (GELF_ST_TYPE(sym.st_info) != STT_NOTYPE &&
			       GELF_ST_TYPE(sym.st_info) != STT_FUNC &&
			       GELF_ST_TYPE(sym.st_info) != STT_GNU_IFUNC)) {
			continue;
		}
		name = elf_strptr(image->elf, strings, sym.st_name);
		if (!name || !is_function(&sym, name, ends->code[sym.st_shndx])) {
			continue;
		}
		symbol.sized = sym.st_size && sym.st_size <= UINT64_MAX - sym.st_value;
		symbol.end = symbol.sized ? sym.st_value + sym.st_size : ends->ends[sym.st_shndx];
		symbol.name = clean_name(symbols->strings, name);
		symbol.rank = rank_of(symbol.name, GELF_ST_BIND(sym.st_info));
		add(symbols, symbol);
	}
}

void name_symbols_add(struct name_symbols *symbols, const struct elf_image *image)
{
	struct section_ends ends;
	Elf_Scn *section = NULL;
	GElf_Shdr shdr;

	section_ends_read(&ends, image);
	while ((section = elf_nextscn(image->elf, section))) {
		if (gelf_getshdr(section, &shdr) &&
		    (shdr.sh_type == SHT_SYMTAB || shdr.sh_type == SHT_DYNSYM)) {
			add_table(symbols, image, section, shdr.sh_link, &ends);
		}
	}
	free(ends.ends);
	free(ends.code);
}

/* A slot of the global offset table and the function that the loader puts there. */
struct slot {
	uint64_t vaddr;
	const char *name;
};

static int compare_slots(const void *a, const void *b)
{
	const struct slot *left = a, *right = b;

	return left->vaddr < right->vaddr ? -1 : left->vaddr > right->vaddr;
}

static size_t read_slots(const struct elf_image *image, struct slot **slots)
{
	Elf_Scn *section = NULL, *table;
	size_t count = 0, room = 0, i;
	GElf_Shdr shdr, symbols;

	while ((section = elf_nextscn(image->elf, section))) {
		Elf_Data *data, *names;
		GElf_Rela rela;
		GElf_Sym sym;

		if (!gelf_getshdr(section, &shdr) || shdr.sh_type != SHT_RELA ||
		    !(table = elf_getscn(image->elf, shdr.sh_link)) ||
		    !gelf_getshdr(table, &symbols) || symbols.sh_type != SHT_DYNSYM) {
			continue;
		}
		data = elf_getdata(section, NULL);
		names = elf_getdata(table, NULL);
		for (i = 0; data && names && i < data->d_size / sizeof(Elf64_Rela) &&
			    gelf_getrela(data, (int)i, &rela);
		     i++) {
			const char *name;

			if (!gelf_getsym(names, (int)GELF_R_SYM(rela.r_info), &sym) ||
			    !(name = elf_strptr(image->elf, symbols.sh_link, sym.st_name)) ||
			    !*name) {
				continue;
			}
			*slots = mem_grow(*slots, &room, count + 1, sizeof(**slots));
			(*slots)[count++] = (struct slot){rela.r_offset, name};
		}
	}
	if (count) {
		qsort(*slots, count, sizeof(**slots), compare_slots);
	}
	return count;
}

/* stub_slot - the slot that a PLT stub jumps through: amd64, 'jmp *slot(%rip)', perhaps behind
 * an endbr64 or a bnd prefix.  Other machines' stubs have no names. */
static bool stub_slot(const unsigned char *stub, size_t size, uint64_t vaddr, uint64_t *slot)
{
	uint32_t distance;
	size_t at;

	for (at = 0; at + 6 <= size && at < 8; at++) {
		if (stub[at] == 0xff && stub[at + 1] == 0x25) {
			memcpy(&distance, stub + at + 2, sizeof(distance));
			*slot = vaddr + at + 6 + (uint64_t)(int64_t)(int32_t)le32toh(distance);
			return true;
		}
	}
	return false;
}

static void add_stubs(struct name_symbols *symbols, struct elf_range plt, const struct slot *slots,
		      size_t count, size_t step)
{
	size_t at;

	for (at = 0; at + step <= plt.size; at += step) {
		struct name_symbol symbol = {.start = plt.vaddr + at, .sized = true};
		struct slot wanted = {0};
		const struct slot *found;
		char *name;

		if (!stub_slot(plt.bytes + at, step, symbol.start, &wanted.vaddr)) {
			continue;
		}
		found = bsearch(&wanted, slots, count, sizeof(*slots), compare_slots);
		if (!found) {
			continue;
		}
		name = mem_print("%s@plt", found->name);
		symbol.end = symbol.start + step;
		symbol.name = mem_pool_string(symbols->strings, name, strlen(name));
		symbol.rank = UINT32_MAX;
		free(name);
		add(symbols, symbol);
	}
}

/* got_stub_size - of the stubs that bind at start: a jump in 8 bytes, or 16 where that stands
 * behind an endbr64. */
static size_t got_stub_size(struct elf_range plt)
{
	return elf_range_u32(plt, 0) == ENDBR64 ? 16 : 8;
}

void name_symbols_add_plt(struct name_symbols *symbols, const struct elf_image *image)
{
	struct slot *slots __attribute__((cleanup(mem_free))) = NULL;
	struct elf_range plt;
	size_t count;
	GElf_Ehdr ehdr;

	if (!gelf_getehdr(image->elf, &ehdr) || ehdr.e_machine != EM_X86_64) {
		return;
	}
	count = read_slots(image, &slots);
	if (!count) {
		return;
	}
	if (elf_image_section(image, ".plt", &plt)) {
		add_stubs(symbols, plt, slots, count, 16);
	}
	if (elf_image_section(image, ".plt.sec", &plt)) {
		add_stubs(symbols, plt, slots, count, 16);
	}
	if (elf_image_section(image, ".plt.got", &plt)) {
		add_stubs(symbols, plt, slots, count, got_stub_size(plt));
	}
}

static int compare_symbols(const void *a, const void *b)
{
	const struct name_symbol *left = a, *right = b;

	if (left->start != right->start) {
		return left->start < right->start ? -1 : 1;
	}
	if (left->sized != right->sized) {
		return left->sized ? -1 : 1;
	}
	if (left->rank != right->rank) {
		return left->rank < right->rank ? -1 : 1;
	}
	return strcmp(left->name, right->name);
}

void name_symbols_sort(struct name_symbols *symbols)
{
	uint64_t reach = 0;
	size_t i, kept = 0;

	if (!symbols->count) {
		return;
	}
	qsort(symbols->list, symbols->count, sizeof(*symbols->list), compare_symbols);
	for (i = 0; i < symbols->count; i++) {
		struct name_symbol symbol = symbols->list[i];
		struct name_symbol *last = kept ? &symbols->list[kept - 1] : NULL;

		if (last &&
		    (last->start == symbol.start || (!symbol.sized && symbol.start < reach))) {
			continue;
		}
		/* Without a size it ends at the next one: cut when that comes. */
		if (last && !last->sized && last->end > symbol.start) {
			last->end = symbol.start;
		}
		if (symbol.sized && symbol.end > reach) {
			reach = symbol.end;
		}
		symbol.reach = reach > symbol.end ? reach : symbol.end;
		symbols->list[kept++] = symbol;
	}
	symbols->count = kept;
}

void name_symbols_free(struct name_symbols *symbols)
{
	free(symbols->list);
	symbols->list = NULL;
	symbols->count = symbols->room = 0;
}

const struct name_symbol *name_symbols_at(const struct name_symbols *symbols, uint64_t vaddr)
{
	size_t low = 0, high = symbols->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (symbols->list[middle].start <= vaddr) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	while (low-- > 0 && symbols->list[low].reach > vaddr) {
		if (vaddr < symbols->list[low].end) {
			return &symbols->list[low];
		}
	}
	return NULL;
}

struct elf_image *name_symbols_mini(const struct elf_image *image)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	struct elf_image *mini = NULL;
	struct elf_range packed;
	unsigned char *bytes = NULL;
	size_t room = 0;
	lzma_ret result;

	if (!elf_image_section(image, ".gnu_debugdata", &packed) ||
	    lzma_stream_decoder(&stream, MINI_MEMORY_MOST, 0) != LZMA_OK) {
		return NULL;
	}
	stream.next_in = packed.bytes;
	stream.avail_in = packed.size;
	do {
		bytes = mem_grow(bytes, &room, room + 65536, 1);
		stream.next_out = bytes + stream.total_out;
		stream.avail_out = room - stream.total_out;
		result = lzma_code(&stream, LZMA_FINISH);
	} while (result == LZMA_OK && stream.total_out < MINI_BYTES_MOST);
	if (result == LZMA_STREAM_END) {
		elf_image_take(&mini, image->path, bytes, stream.total_out, NULL);
	} else {
		free(bytes);
	}
	lzma_end(&stream);
	return mini;
}
