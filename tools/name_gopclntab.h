/* SPDX-License-Identifier: Apache-2.0 */
/* name_gopclntab - Go functions, files, lines and inlined calls from .gopclntab
 *
 * The table is what the Go runtime itself prints tracebacks from, so it is in every Go program,
 * stripped or not. This is a decoder over bounded bytes: it knows nothing of ELF files (that is
 * name_gofind.h), and strings that it hands out point into those bytes.
 *
 * Layouts, told apart by the magic number, from Go's runtime/symtab.go and cmd/link/ld/pcln.go:
 *     0xfffffffb  Go 1.2 - 1.15   absolute PCs, strings and tables in one block
 *     0xfffffffa  Go 1.16, 1.17   sub-tables by offset, files by compilation unit
 *     0xfffffff0  Go 1.18, 1.19   PCs as offsets from text
 *     0xfffffff1  Go 1.20 -       start lines, a smaller inline tree; from 1.26 no text address
 *
 * The bytes may be hostile. Every read is checked; an inline tree may be a ring and is followed
 * for a bounded number of steps; what cannot be read is 'unknown', never an error. */
#ifndef LEAKTRACK_TOOLS_NAME_GOPCLNTAB_H
#define LEAKTRACK_TOOLS_NAME_GOPCLNTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf_range.h"
#include "err.h"

#define GOPCLNTAB_FRAMES_MOST 128 /* frames of one address */

enum gopclntab_layout {
	GOPCLNTAB_GO12,
	GOPCLNTAB_GO116,
	GOPCLNTAB_GO118,
	GOPCLNTAB_GO120,
};

/* gopclntab_memory - the file's bytes at a virtual address; empty: none */
typedef struct elf_range gopclntab_memory(void *context, uint64_t vaddr);

struct gopclntab {
	enum gopclntab_layout layout;
	uint64_t text, end; /* Go's code: first address, and the one behind the last function */
	uint32_t function_count;
	unsigned quantum; /* least instruction size: unit of PC steps */

	/* Use the functions below. */
	struct elf_range all, names, units, files, pcs, functions;
	size_t function_tab; /* of entries (PC, offset) inside .all */
	uint64_t funcdata;   /* go:func.*: base of funcdata from 1.18 on; 0: not known */
	unsigned tree_index; /* which funcdata is the inline tree */
	unsigned wrapper_id; /* of functions that the compiler wrote; 0: not known */
	bool trees;	     /* inline trees can be read */
	gopclntab_memory *memory;
	void *context;
};

/* One function as the table has it. */
struct gopclntab_function {
	const char *name; /* with type arguments: 'main.F[int]'; NULL: unreadable */
	uint64_t entry, end;
	unsigned start_line; /* 0: not in this layout */
};

struct gopclntab_frame {
	const char *name;
	const char *file; /* NULL: unknown */
	unsigned line;	  /* 0: unknown */
	unsigned start_line;
	bool wrapper; /* written by the compiler: method wrappers, deferred calls, … */
};

/* gopclntab_open - check a header and lay the sub-tables out
 * @table  bytes that start with the magic number; PCs in them relocated (layouts before 1.18)
 * @text   address of runtime.text; 0: as the header says (never right from Go 1.26 on)
 * @memory for inline trees, which lie outside of the table; NULL: no inlined frames
 * Returns 0, or -1 when this is no such table. */
int gopclntab_open(struct gopclntab *tab, struct elf_range table, uint64_t text,
		   gopclntab_memory *memory, void *context, struct err *err);

/* gopclntab_check - could a Go table start with these bytes? For searching by magic number. */
bool gopclntab_check(const unsigned char *bytes, size_t size);

/* gopclntab_probe_trees - find out where inline trees are
 * @bases  addresses that may be go:func.*, the likeliest first (ignored before 1.18)
 * Tries them on the functions that have inlined calls and keeps the first that makes sense of
 * them. Returns whether one did, or nothing is inlined at all. */
bool gopclntab_probe_trees(struct gopclntab *tab, const uint64_t *bases, size_t count);

/* gopclntab_function - the @index-th function by rising address; false: unreadable */
bool gopclntab_function(const struct gopclntab *tab, uint32_t index,
			struct gopclntab_function *function);

/* gopclntab_find - index of the function around an address; false: not Go code */
bool gopclntab_find(const struct gopclntab *tab, uint64_t pc, uint32_t *index);

/* gopclntab_probe_wrappers - find out which functions the compiler wrote, by one that says so */
void gopclntab_probe_wrappers(struct gopclntab *tab);

/* gopclntab_lookup - frames at a PC, innermost first, as runtime.CallersFrames tells them
 * Wrappers are left out but for an innermost one, as the runtime does.
 * @frames room for GOPCLNTAB_FRAMES_MOST.  Returns how many; 0: not Go code. */
size_t gopclntab_lookup(const struct gopclntab *tab, uint64_t pc, struct gopclntab_frame *frames);

/* gopclntab_print_name - a name as Go prints it: type arguments become '[...]'
 * @room  bytes at @buffer; the result is @name itself where nothing changes, or NULL when the
 * room is too small. */
const char *gopclntab_print_name(const char *name, char *buffer, size_t room);

#endif
