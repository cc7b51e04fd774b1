/* SPDX-License-Identifier: Apache-2.0 */
/* name_dwarf - functions, inlined calls and lines from DWARF, through libdw
 *
 * Work is done once and only where asked: opening reads the address ranges of all units; the
 * first address in a unit lists its functions and decodes its line table; the first address in a
 * function lists what was inlined into it. After that a lookup is three binary searches.
 *
 * libdwfl's dwarf_getscopes() is not used: it walks the whole unit for every address, 35 s of CPU
 * for 10,000 addresses of a program with sqlite3 inside.
 *
 * DWARF 2 to 5, .dwo files, zlib and dwz supplements are libdw's work; a .dwp is name_package.h,
 * zstd elf_unpack.h. What libdw cannot read is left out: with LLVM's own form for addresses (clang
 * -mllvm -minimize-addr-in-v5=Form) there are lines and functions, and no inlined calls. */
#ifndef LEAKTRACK_TOOLS_NAME_DWARF_H
#define LEAKTRACK_TOOLS_NAME_DWARF_H

#include "elf_image.h"
#include "mem.h"
#include "name.h"

#define NAME_DWARF_FRAMES_MOST                                            \
	256 /* frames of one address; what lies outside of it is left out \
	     */

struct name_dwarf;

/* name_dwarf_open - the debug information in a file; NULL: it has none
 * @supplement  what dwz took out of it; NULL: none was found, names that stand there are missing
 * @code    the file with the code that it is about: the same one, or another where it is separate
 * @strings gets the names that lookups return.  All of them must outlive the result. */
struct name_dwarf *name_dwarf_open(struct elf_image *image, struct elf_image *supplement,
				   const struct elf_image *code, struct mem_pool *strings);
void name_dwarf_free(struct name_dwarf *dwarf); /* NULL is fine */

/* name_dwarf_present - is there any, without reading it? */
bool name_dwarf_present(const struct elf_image *image);

/* name_dwarf_lookup - frames at an address of the file, innermost first
 * @frames room for NAME_DWARF_FRAMES_MOST
 * Returns how many. 0: no unit covers it. A single frame without function: the unit has a line
 * for it but no function, as in assembly. */
size_t name_dwarf_lookup(struct name_dwarf *dwarf, uint64_t vaddr, struct name_frame *frames);

/* name_dwarf_entry - where the function that holds an address starts, also for one of its parts
 * that lie elsewhere; to be asked after name_dwarf_lookup().  false: none known */
bool name_dwarf_entry(struct name_dwarf *dwarf, uint64_t vaddr, uint64_t *entry);

#endif
