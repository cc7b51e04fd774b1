/* SPDX-License-Identifier: Apache-2.0 */
/* name_symbols - function names from ELF symbol tables
 *
 * One list for a file: .symtab and .dynsym of the file itself, of its separate debug file and of
 * its mini-debuginfo, and the stubs of its PLT as 'name@plt'. Of several names at one address the
 * one that people use is kept: 'write', not '__write' or '__GI___libc_write'. */
#ifndef LEAKTRACK_TOOLS_NAME_SYMBOLS_H
#define LEAKTRACK_TOOLS_NAME_SYMBOLS_H

#include "elf_image.h"
#include "mem.h"

struct name_symbol {
	uint64_t start, end;
	uint64_t reach;	  /* highest end up to here: where to stop looking back */
	const char *name; /* as linked, without a symbol version */
	unsigned rank;	  /* the lowest of several at one address is kept */
	bool sized;	  /* the file says where it ends */
};

struct name_symbols {
	struct name_symbol *list; /* by rising start */
	size_t count, room;
	struct mem_pool *strings;
};

/* name_symbols_add - take in the symbols of an image, which must outlive the list */
void name_symbols_add(struct name_symbols *symbols, const struct elf_image *image);

/* name_symbols_add_plt - take in the stubs that call other modules' functions */
void name_symbols_add_plt(struct name_symbols *symbols, const struct elf_image *image);

/* name_symbols_sort - to be called once, after the last image was added */
void name_symbols_sort(struct name_symbols *symbols);
void name_symbols_free(struct name_symbols *symbols);

/* name_symbols_at - the function at an address; NULL: none */
const struct name_symbol *name_symbols_at(const struct name_symbols *symbols, uint64_t vaddr);

/* name_symbols_mini - the image inside .gnu_debugdata, unpacked; NULL: none */
struct elf_image *name_symbols_mini(const struct elf_image *image);

#endif
