/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the namers, and remembering.
 *
 *     module of the dump -> source (one per path and build-id) -> file address -> frames
 *
 * A source opens its file at once but reads Go tables, DWARF and symbols only when the first
 * address needs them: a dump touches few of the files that are mapped, and the DWARF of a large
 * Go program is never read as long as only Go code is asked for.
 *
 * For Go code .gopclntab is asked before DWARF, so that a program gives the same names with and
 * without -ldflags='-s -w'. For the rest DWARF knows the functions; the symbol table fills in what
 * DWARF does not know, such as functions written in assembly. */
#include "name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demangle.h"
#include "elf_image.h"
#include "elfs.h"
#include "elfs_debug.h"
#include "mem.h"
#include "name_answers.h"
#include "name_dwarf.h"
#include "name_gofind.h"
#include "name_jit.h"
#include "name_symbols.h"
#include "progress.h"

_Static_assert((int)NAME_DWARF_FRAMES_MOST >= (int)GOPCLNTAB_FRAMES_MOST, "one buffer for both");

struct source {
	struct source *next;
	char *path, *build_id;	 /* as the dump has them */
	struct elf_image *image; /* NULL: none found */
	struct elf_image *debug; /* a separate file; NULL: none, or not looked for yet */
	struct elf_image *supplement;
	struct elf_image *mini;
	struct name_module_info info;

	bool debug_read, symbols_read;
	struct gofind *go;
	struct name_dwarf *dwarf;
	struct name_symbols symbols;

	struct name_answers answers;
};

struct namer {
	struct name_options options;
	struct mem_pool *strings;
	struct source *sources, *recent;
	struct name_jit *jit; /* NULL: none, or not looked for yet */
	bool jit_read;
	struct name_frame frames[NAME_DWARF_FRAMES_MOST]; /* of the address at work */
};

struct namer *namer_new(const struct name_options *options)
{
	struct namer *namer = mem_zero(1, sizeof(*namer));
	const char **searches;
	size_t i;

	namer->strings = mem_pool_new();
	namer->options = *options;
	if (options->symfs) {
		namer->options.symfs =
			mem_pool_string(namer->strings, options->symfs, strlen(options->symfs));
	}
	searches = mem_pool_take(namer->strings, options->search_count * sizeof(*searches) + 1);
	for (i = 0; i < options->search_count; i++) {
		searches[i] = mem_pool_string(namer->strings, options->searches[i],
					      strlen(options->searches[i]));
	}
	namer->options.searches = searches;
	return namer;
}

static void source_free(struct source *source)
{
	name_dwarf_free(source->dwarf);
	gofind_free(source->go);
	name_symbols_free(&source->symbols);
	elf_image_free(source->mini);
	elf_image_free(source->supplement);
	elf_image_free(source->debug);
	elf_image_free(source->image);
	free(source->answers.list);
	free(source->path);
	free(source->build_id);
	free(source);
}

void namer_free(struct namer *namer)
{
	struct source *source, *next;

	if (!namer) {
		return;
	}
	for (source = namer->sources; source; source = next) {
		next = source->next;
		source_free(source);
	}
	name_jit_free(namer->jit);
	mem_pool_free(namer->strings);
	free(namer);
}

static const char *keep(struct namer *namer, const char *text)
{
	return text ? mem_pool_string(namer->strings, text, strlen(text)) : NULL;
}

static const char *keep_freed(struct namer *namer, char *text)
{
	const char *kept = keep(namer, text);

	free(text);
	return kept;
}

/* find_debug - the separate debug file, looked for once and only where the file has no DWARF */
static void find_debug(struct namer *namer, struct source *source)
{
	struct name_module_info *info = &source->info;
	struct elf_image *image = source->image;

	if (source->debug_read) {
		return;
	}
	source->debug_read = true;
	if (!name_dwarf_present(image)) {
		source->debug = elfs_find_debug(&namer->options, image, &info->debug_how);
	}
	if (source->debug) {
		image = source->debug;
		info->debug = image->path;
	}
	source->supplement = elfs_find_supplement(&namer->options, image, &info->supplement_how);
	if (source->supplement) {
		info->supplement = source->supplement->path;
	}
	source->dwarf = name_dwarf_open(image, source->supplement, source->image, namer->strings);
}

static void read_symbols(struct namer *namer, struct source *source)
{
	if (source->symbols_read) {
		return;
	}
	source->symbols_read = true;
	source->symbols.strings = namer->strings;
	find_debug(namer, source);
	name_symbols_add(&source->symbols, source->image);
	if (source->debug) {
		name_symbols_add(&source->symbols, source->debug);
	} else {
		source->mini = name_symbols_mini(source->image);
	}
	if (source->mini) {
		source->info.mini = true;
		name_symbols_add(&source->symbols, source->mini);
	}
	name_symbols_add_plt(&source->symbols, source->image);
	name_symbols_sort(&source->symbols);
}

/* explain - the warning for a source without a file */
static void explain(struct namer *namer, struct source *source, const struct elfs_found *found)
{
	struct name_module_info *info = &source->info;

	switch (info->state) {
	case NAME_FILE_MISSING:
		info->problem = keep_freed(namer, mem_print("%s: no such file; its functions have "
							    "no names",
							    source->path));
		break;
	case NAME_FILE_DIFFERS:
		info->problem = keep_freed(
			namer,
			mem_print("%s: build-id %s, but the dump has %s; its functions "
				  "have no names",
				  found->differs, found->differs_id ? found->differs_id : "none",
				  source->build_id));
		info->build_id = keep(namer, found->differs_id);
		break;
	case NAME_FILE_BAD:
		info->problem = keep_freed(
			namer, mem_print("%s; its functions have no names", found->bad.text));
		break;
	default:
		break;
	}
}

static void open_source(struct namer *namer, struct source *source,
			const struct name_module *module)
{
	struct elfs_found found;

	elfs_find(&namer->options, module, &found);
	source->info.state = found.state;
	source->image = found.image;
	if (found.image) {
		source->info.used = found.image->path;
		source->info.build_id = found.image->build_id;
		source->info.how = found.how;
		source->go = gofind_open(found.image);
		source->info.go = source->go != NULL;
	} else {
		explain(namer, source, &found);
	}
	elfs_found_free(&found);
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool serves(const struct source *source, const struct name_module *module)
{
	return same(source->path, module->path) && same(source->build_id, module->build_id);
}

static struct source *source_of(struct namer *namer, const struct name_module *module)
{
	struct source *source;

	if (namer->recent && serves(namer->recent, module)) {
		return namer->recent;
	}
	for (source = namer->sources; source && !serves(source, module); source = source->next) {
	}
	if (!source) {
		source = mem_zero(1, sizeof(*source));
		source->path = module->path ? mem_string(module->path) : NULL;
		source->build_id = module->build_id ? mem_string(module->build_id) : NULL;
		open_source(namer, source, module);
		source->next = namer->sources;
		namer->sources = source;
	}
	namer->recent = source;
	return source;
}

/* is_c - Go's own linker enters cgo's C functions into the table, without files and without the
 * package that each Go function's name starts with: as little as the symbol table knows. */
static bool is_c(const struct gopclntab_frame *frame)
{
	return !frame->file && frame->name && !strchr(frame->name, '.');
}

static size_t go_frames(struct namer *namer, const struct source *source, uint64_t vaddr)
{
	struct gopclntab_frame go[GOPCLNTAB_FRAMES_MOST];
	size_t count = source->go ? gopclntab_lookup(&source->go->tab, vaddr, go) : 0, i;

	for (i = 0; i < count; i++) {
		char buffer[4096];
		const char *printed = NULL;

		if (go[i].name) {
			printed = gopclntab_print_name(go[i].name, buffer, sizeof(buffer));
		}
		if (printed == buffer) {
			printed = keep(namer, buffer);
		}
		namer->frames[i] = (struct name_frame){
			.function = printed ? printed : go[i].name,
			.symbol = go[i].name,
			.file = go[i].file,
			.line = go[i].line,
			.start_line = go[i].start_line,
			.inlined = i + 1 < count,
			.lang = is_c(&go[i]) ? NAME_LANG_C : NAME_LANG_GO,
			.wrapper = go[i].wrapper,
		};
	}
	return count;
}

/* symbol_frame - what DWARF left unknown of the outermost frame. gcc gives lambdas and local
 * types' members no linkage name: 'operator()' says nothing, its symbol says whose it is. */
static void symbol_frame(struct namer *namer, struct source *source, uint64_t vaddr,
			 struct name_frame *frame)
{
	const struct name_symbol *symbol;
	char *readable;

	if (frame->function && (frame->lang != NAME_LANG_CXX || frame->function != frame->symbol)) {
		return;
	}
	read_symbols(namer, source);
	symbol = name_symbols_at(&source->symbols, vaddr);
	if (!symbol) {
		return;
	}
	readable = demangle(symbol->name, &frame->lang);
	if (readable) {
		frame->function = keep_freed(namer, readable);
	} else if (!frame->function) {
		frame->function = symbol->name;
	} else {
		return;
	}
	frame->symbol = symbol->name;
}

/* public_name - what programs call a C function that its source names otherwise: glibc's malloc is
 * __libc_malloc there. So names are the same with debug information and without. */
static void public_name(struct namer *namer, struct source *source, uint64_t vaddr,
			struct name_frame *frame)
{
	const struct name_symbol *symbol;
	uint64_t entry;

	if (!frame->function || frame->function[0] != '_' || frame->lang != NAME_LANG_C ||
	    !name_dwarf_entry(source->dwarf, vaddr, &entry)) {
		return;
	}
	read_symbols(namer, source);
	symbol = name_symbols_at(&source->symbols, entry);
	if (symbol && symbol->start == entry && symbol->sized && !strchr(symbol->name, '.')) {
		frame->function = symbol->name;
	}
}

static size_t native_frames(struct namer *namer, struct source *source, uint64_t vaddr)
{
	size_t count = 0;

	find_debug(namer, source);
	if (source->dwarf) {
		count = name_dwarf_lookup(source->dwarf, vaddr, namer->frames);
	}
	if (count) {
		public_name(namer, source, vaddr, &namer->frames[count - 1]);
	}
	if (!count) {
		memset(&namer->frames[0], 0, sizeof(namer->frames[0]));
		count = 1;
	}
	symbol_frame(namer, source, vaddr, &namer->frames[count - 1]);
	return count;
}

static const struct name_answer *ask(struct namer *namer, struct source *source, uint64_t vaddr)
{
	struct name_answer *answer = name_answers_at(&source->answers, vaddr);
	struct name_frame *frames;
	size_t count;

	if (answer->frames) {
		return answer;
	}
	count = go_frames(namer, source, vaddr);
	if (!count) {
		count = native_frames(namer, source, vaddr);
	}
	frames = mem_pool_take(namer->strings, count * sizeof(*frames));
	memcpy(frames, namer->frames, count * sizeof(*frames));
	name_answers_put(&source->answers, answer, vaddr, frames, count);
	return answer;
}

/* jit_frame - what a JIT engine's map says about code that no file holds */
static size_t jit_frame(struct namer *namer, uint64_t address, const struct name_frame **frames)
{
	struct name_frame *frame;
	const char *name;
	char path[64];

	if (!namer->jit_read && namer->options.jit.pid > 0) {
		snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)namer->options.jit.pid);
		namer->jit = name_jit_open(path, &namer->options.jit);
	}
	namer->jit_read = true;
	name = namer->jit ? name_jit_at(namer->jit, address) : NULL;
	if (!name) {
		return 0;
	}
	frame = mem_pool_take(namer->strings, sizeof(*frame));
	frame->function = frame->symbol = name;
	*frames = frame;
	return 1;
}

size_t namer_lookup(struct namer *namer, const struct name_module *module, uint64_t address,
		    const struct name_frame **frames)
{
	static const struct name_frame unknown;
	struct source *source = source_of(namer, module);
	const struct name_answer *answer;
	uint64_t vaddr;

	*frames = NULL;
	if (source->info.state == NAME_FILE_ANONYMOUS) {
		return jit_frame(namer, address, frames);
	}
	if (!source->image) {
		return 0;
	}
	if (!elf_image_vaddr(source->image, address - module->start + module->offset, &vaddr) &&
	    !elf_image_vaddr_mapped(source->image, address - module->start,
				    module->end - module->start, &vaddr)) {
		*frames = &unknown;
		return 1;
	}
	answer = ask(namer, source, vaddr);
	*frames = answer->frames;
	return answer->count;
}

struct wish {
	uint64_t address;
	size_t place;
};

static int compare_wishes(const void *a, const void *b)
{
	const struct wish *left = a, *right = b;

	return left->address < right->address ? -1 : left->address > right->address;
}

void namer_lookup_many(struct namer *namer, const struct name_module *module,
		       const uint64_t *addresses, size_t count, struct name_result *results)
{
	struct wish *wishes = mem_zero(count, sizeof(*wishes));
	size_t i;

	for (i = 0; i < count; i++) {
		wishes[i] = (struct wish){addresses[i], i};
	}
	qsort(wishes, count, sizeof(*wishes), compare_wishes);
	for (i = 0; i < count; i++) {
		struct name_result *result = &results[wishes[i].place];

		progress_more(1);

		result->count = namer_lookup(namer, module, wishes[i].address, &result->frames);
	}
	free(wishes);
}

/* Whether there are names is told by what is there, not by reading it. */
static void judge(struct namer *namer, struct source *source)
{
	if (source->info.state != NAME_FILE_OK || source->go) {
		return;
	}
	find_debug(namer, source);
	if (source->dwarf) {
		return;
	}
	read_symbols(namer, source);
	source->info.state = source->symbols.count ? NAME_FILE_SYMBOLS : NAME_FILE_NO_NAMES;
	if (!source->symbols.count && !source->info.problem) {
		source->info.problem =
			keep_freed(namer, mem_print("%s: no symbols and no debug information; "
						    "its functions have no names",
						    source->image->path));
	}
}

const struct name_module_info *namer_module(struct namer *namer, const struct name_module *module)
{
	struct source *source = source_of(namer, module);

	judge(namer, source);
	return &source->info;
}
