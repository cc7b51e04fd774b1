/* SPDX-License-Identifier: Apache-2.0 */
/* The debug information of one file, indexed as it is asked for.
 *
 *     spans (address ranges of units, sorted) -> unit: spans of its functions -> function: scopes
 */
#include "name_dwarf.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

#include "demangle.h"
#include "elf_unpack.h"
#include "name_package.h"
#include "name_scopes.h"
#include "name_spans.h"

/* Younger than some <dwarf.h>: dwarfstd.org/languages.html */
enum {
	LANG_CXX17 = 0x2a,
	LANG_CXX20 = 0x2b,
	LANG_C17 = 0x2c,
	LANG_CXX23 = 0x3a,
	LANG_C23 = 0x3e,
};

#define NESTING_MOST 64 /* namespaces in namespaces */

struct function {
	Dwarf_Die die;
	struct name_scopes scopes;
	bool read;
};

struct unit {
	Dwarf_Die die;	 /* with lines and ranges */
	Dwarf_Die inner; /* with functions: the same, or the split unit's */
	bool read;
	enum name_lang lang;
	struct function *functions;
	size_t function_count, function_room;
	struct name_spans spans;
	Dwarf_Files *files; /* what call_file counts in */
	size_t file_count;
	const char *relative, *absolute; /* the file name that was completed last */
};

struct name_dwarf {
	Dwarf *dwarf, *supplement;
	struct name_package *package;			  /* NULL: none */
	struct elf_image *unpacked, *unpacked_supplement; /* NULL: read as they are */
	const struct elf_image *code;
	struct mem_pool *strings;
	struct unit *units;
	size_t unit_count, unit_room;
	struct name_spans spans;
};

static enum name_lang lang_of(Dwarf_Die *unit)
{
	switch (dwarf_srclang(unit)) {
	case DW_LANG_C:
	case DW_LANG_C89:
	case DW_LANG_C99:
	case DW_LANG_C11:
	case LANG_C17:
	case LANG_C23:
		return NAME_LANG_C;
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
	case LANG_CXX17:
	case LANG_CXX20:
	case LANG_CXX23:
		return NAME_LANG_CXX;
	case DW_LANG_Rust:
		return NAME_LANG_RUST;
	case DW_LANG_Go:
		return NAME_LANG_GO;
	default:
		return NAME_LANG_UNKNOWN;
	}
}

static void read_units(struct name_dwarf *dwarf)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;

	while (!dwarf_get_units(dwarf->dwarf, cu, &cu, NULL, &type, &die, NULL)) {
		if (type != DW_UT_compile && type != DW_UT_skeleton) {
			continue;
		}
		if (!name_spans_add(&dwarf->spans, dwarf->code, &die,
				    (uint32_t)dwarf->unit_count)) {
			continue;
		}
		dwarf->units = mem_grow(dwarf->units, &dwarf->unit_room, dwarf->unit_count + 1,
					sizeof(*dwarf->units));
		memset(&dwarf->units[dwarf->unit_count], 0, sizeof(*dwarf->units));
		dwarf->units[dwarf->unit_count++].die = die;
	}
	name_spans_sort(&dwarf->spans);
}

static void add_function(struct name_dwarf *dwarf, struct unit *unit, Dwarf_Die *die)
{
	if (!name_spans_add(&unit->spans, dwarf->code, die, (uint32_t)unit->function_count)) {
		return;
	}
	unit->functions = mem_grow(unit->functions, &unit->function_room, unit->function_count + 1,
				   sizeof(*unit->functions));
	memset(&unit->functions[unit->function_count], 0, sizeof(*unit->functions));
	unit->functions[unit->function_count++].die = *die;
}

/* C has functions at the top only, unless gcc's nested ones, whose code lies elsewhere: those are
 * left to the symbol table, because going into all functions costs as much as the rest together.
 * Rust has functions in namespaces; a lambda's lies in a type, in a block, in a function. */
static bool has_functions_inside(int tag, enum name_lang lang)
{
	switch (tag) {
	case DW_TAG_namespace:
	case DW_TAG_module:
		return true;
	case DW_TAG_subprogram:
	case DW_TAG_lexical_block:
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type:
		return lang != NAME_LANG_C && lang != NAME_LANG_GO;
	default:
		return false;
	}
}

static void read_functions(struct name_dwarf *dwarf, struct unit *unit)
{
	Dwarf_Die levels[NESTING_MOST];
	size_t depth = 0;

	if (dwarf_child(&unit->inner, &levels[0])) {
		return;
	}
	for (;;) {
		int tag = dwarf_tag(&levels[depth]);

		if (tag == DW_TAG_subprogram) {
			add_function(dwarf, unit, &levels[depth]);
		}
		if (has_functions_inside(tag, unit->lang) && depth + 1 < NESTING_MOST &&
		    !dwarf_child(&levels[depth], &levels[depth + 1])) {
			depth++;
			continue;
		}
		while (dwarf_siblingof(&levels[depth], &levels[depth])) {
			if (!depth--) {
				return;
			}
		}
	}
}

static void read_unit(struct name_dwarf *dwarf, struct unit *unit)
{
	Dwarf_Die inner;
	uint8_t type = 0;
	uint64_t id = 0;

	unit->read = true;
	unit->inner = unit->die;
	if (dwarf->package &&
	    !dwarf_cu_info(unit->die.cu, NULL, &type, NULL, NULL, &id, NULL, NULL) &&
	    type == DW_UT_skeleton) {
		name_package_link(dwarf->package, &unit->die, id);
	}
	if (!dwarf_cu_info(unit->die.cu, NULL, &type, NULL, &inner, NULL, NULL, NULL) &&
	    type == DW_UT_skeleton && dwarf_tag(&inner) > 0) {
		unit->inner = inner;
	}
	unit->lang = lang_of(&unit->inner);
	read_functions(dwarf, unit);
	name_spans_sort(&unit->spans);
	if (dwarf_getsrcfiles(&unit->inner, &unit->files, &unit->file_count) &&
	    dwarf_getsrcfiles(&unit->die, &unit->files, &unit->file_count)) {
		unit->files = NULL;
	}
}

bool name_dwarf_present(const struct elf_image *image)
{
	struct elf_range range;

	return elf_image_section(image, ".debug_info", &range) ||
	       elf_image_section(image, ".zdebug_info", &range);
}

/* begin - @unpacked is set where sections had to be unpacked into a copy of the file */
static Dwarf *begin(const struct elf_image *image, struct elf_image **unpacked)
{
	*unpacked = elf_unpack(image);
	return dwarf_begin_elf(*unpacked ? (*unpacked)->elf : image->elf, DWARF_C_READ, NULL);
}

/* add_supplement - libdw looks for one itself when it misses it, and takes any file of that name:
 * false when it found one that is not the right one. */
static bool add_supplement(struct name_dwarf *dwarf, const struct elf_image *image,
			   struct elf_image *supplement)
{
	struct elf_range link;

	if (!elf_image_section(image, ".gnu_debugaltlink", &link)) {
		return true;
	}
	if (supplement) {
		dwarf->supplement = begin(supplement, &dwarf->unpacked_supplement);
	}
	if (dwarf->supplement) {
		dwarf_setalt(dwarf->dwarf, dwarf->supplement);
		return true;
	}
	return !dwarf_getalt(dwarf->dwarf);
}

struct name_dwarf *name_dwarf_open(struct elf_image *image, struct elf_image *supplement,
				   const struct elf_image *code, struct mem_pool *strings)
{
	struct name_dwarf *dwarf;

	if (!name_dwarf_present(image)) {
		return NULL;
	}
	dwarf = mem_zero(1, sizeof(*dwarf));
	dwarf->code = code;
	dwarf->strings = strings;
	dwarf->dwarf = begin(image, &dwarf->unpacked);
	if (!dwarf->dwarf || !add_supplement(dwarf, image, supplement)) {
		name_dwarf_free(dwarf);
		return NULL;
	}
	dwarf->package = name_package_open(image);
	read_units(dwarf);
	return dwarf;
}

static void unit_free(struct unit *unit)
{
	size_t i;

	for (i = 0; i < unit->function_count; i++) {
		name_scopes_free(&unit->functions[i].scopes);
	}
	free(unit->functions);
	free(unit->spans.list);
}

void name_dwarf_free(struct name_dwarf *dwarf)
{
	size_t i;

	if (!dwarf) {
		return;
	}
	for (i = 0; i < dwarf->unit_count; i++) {
		unit_free(&dwarf->units[i]);
	}
	free(dwarf->units);
	free(dwarf->spans.list);
	dwarf_end(dwarf->dwarf);
	dwarf_end(dwarf->supplement);
	name_package_free(dwarf->package);
	elf_image_free(dwarf->unpacked);
	elf_image_free(dwarf->unpacked_supplement);
	free(dwarf);
}

static const char *text_of(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;

	return dwarf_formstring(dwarf_attr_integrate(die, name, &attribute));
}

static const struct name_scope_label *label_of(struct name_dwarf *dwarf, struct name_scope *scope,
					       enum name_lang lang)
{
	struct name_scope_label *label = &scope->label;
	char *readable;
	int line;

	if (label->known) {
		return label;
	}
	label->known = true;
	label->symbol = text_of(&scope->die, DW_AT_linkage_name);
	if (!label->symbol) {
		label->symbol = text_of(&scope->die, DW_AT_MIPS_linkage_name);
	}
	readable = demangle(label->symbol, &lang);
	if (readable) {
		label->function = mem_pool_string(dwarf->strings, readable, strlen(readable));
		free(readable);
	} else {
		label->function = text_of(&scope->die, DW_AT_name);
	}
	label->function = label->function ? label->function : label->symbol;
	label->symbol = label->symbol ? label->symbol : label->function;
	if (!dwarf_decl_line(&scope->die, &line) && line > 0) {
		label->start_line = (unsigned)line;
	}
	return label;
}

/* is_complete - is a name to stay as it is? A relative folder comes from -ffile-prefix-map, which
 * turned '/build/src/a.c' into './src/a.c' as well: that is not relative to the folder. */
static bool is_complete(const char *folder, const char *file)
{
	return file[0] == '/' || file[0] == '<' || !folder || !*folder ||
	       (folder[0] != '/' && strncmp(file, "./", 2) == 0 && strncmp(file, "./..", 4) != 0);
}

/* complete - libdw leaves some names of DWARF 5 relative to the folder that was compiled in */
static const char *complete(struct name_dwarf *dwarf, struct unit *unit, const char *file)
{
	const char *folder;
	char *joined;

	if (!file || file[0] == '/' || file == unit->relative) {
		return file && file == unit->relative ? unit->absolute : file;
	}
	folder = text_of(&unit->die, DW_AT_comp_dir);
	unit->relative = unit->absolute = file;
	if (!is_complete(folder, file)) {
		joined = mem_print("%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/",
				   file);
		unit->absolute = mem_pool_string(dwarf->strings, joined, strlen(joined));
		free(joined);
	}
	return unit->absolute;
}

static const char *file_of(struct name_dwarf *dwarf, struct unit *unit, unsigned number)
{
	if (!unit->files || number >= unit->file_count) {
		return NULL;
	}
	return complete(dwarf, unit, dwarf_filesrc(unit->files, number, NULL, NULL));
}

static void place_innermost(struct name_dwarf *dwarf, struct unit *unit, uint64_t vaddr,
			    struct name_frame *frame)
{
	Dwarf_Line *line = dwarf_getsrc_die(&unit->die, vaddr);
	int number = 0;

	if (!line) {
		return;
	}
	frame->file = complete(dwarf, unit, dwarf_linesrc(line, NULL, NULL));
	if (!dwarf_lineno(line, &number) && number > 0) {
		frame->line = (unsigned)number;
	}
}

static struct function *function_at(const struct unit *unit, uint64_t vaddr)
{
	struct function *function;
	uint32_t index;

	if (!name_spans_at(&unit->spans, vaddr, &index)) {
		return NULL;
	}
	function = &unit->functions[index];
	if (!function->read) {
		function->read = true;
		name_scopes_read(&function->scopes, &function->die);
	}
	return function;
}

bool name_dwarf_entry(struct name_dwarf *dwarf, uint64_t vaddr, uint64_t *entry)
{
	struct function *function;
	Dwarf_Addr base, low, high;
	uint32_t index;

	if (!name_spans_at(&dwarf->spans, vaddr, &index) || !dwarf->units[index].read) {
		return false;
	}
	function = function_at(&dwarf->units[index], vaddr);
	if (!function || dwarf_ranges(&function->die, 0, &base, &low, &high) <= 0) {
		return false;
	}
	*entry = low;
	return true;
}

size_t name_dwarf_lookup(struct name_dwarf *dwarf, uint64_t vaddr, struct name_frame *frames)
{
	struct function *function;
	uint32_t index, scope;
	struct unit *unit;
	size_t count = 0;

	if (!name_spans_at(&dwarf->spans, vaddr, &index)) {
		return 0;
	}
	unit = &dwarf->units[index];
	if (!unit->read) {
		read_unit(dwarf, unit);
	}
	frames[0] = (struct name_frame){.lang = unit->lang};
	place_innermost(dwarf, unit, vaddr, &frames[0]);
	function = function_at(unit, vaddr);
	scope = function ? name_scopes_at(&function->scopes, vaddr) : NAME_SCOPE_NONE;
	while (scope != NAME_SCOPE_NONE) {
		struct name_scope *entry = &function->scopes.scopes[scope];
		const struct name_scope_label *label = label_of(dwarf, entry, unit->lang);

		frames[count].function = label->function;
		frames[count].symbol = label->symbol;
		frames[count].start_line = label->start_line;
		scope = entry->parent;
		if (scope == NAME_SCOPE_NONE || count + 1 >= NAME_DWARF_FRAMES_MOST) {
			break;
		}
		frames[count].inlined = true;
		count++;
		frames[count] = (struct name_frame){.lang = unit->lang};
		frames[count].file = file_of(dwarf, unit, entry->call_file);
		frames[count].line = entry->call_line;
	}
	return count + 1;
}
