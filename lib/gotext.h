/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gotext.h - where Go code lies in a module, and the unwind rule of a program counter in it
 *
 * The Go runtime unwinds by tables that are in every Go binary, stripped or not: .gopclntab tells
 * for each program counter the function and how far the stack pointer is below the function's CFA.
 * That is what a rule is made of here; the frame pointer only confirms it, or is given where the
 * runtime's assembly moves between stacks. Such functions are known by their names.
 *
 * Layout of the tables: runtime/symtab.go (pcHeader, moduledata), runtime/runtime2.go (_func) of Go
 * 1.18 to 1.26; a module with other ones has no Go text for us.
 *
 * It reads memory of the module only, no files, so it works in any sandbox and for any module.
 */
#ifndef LEAKTRACK_GOTEXT_H
#define LEAKTRACK_GOTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "modules.h"

/* Go's part of a module. Made once and never changed; it lies in a module that is never unloaded,
 * for no Go runtime can be. */
struct gotext {
	uintptr_t text, etext;	/* runtime.text, runtime.etext */
	uintptr_t funcs, names; /* runtime.pclntab's function records, and their names */
	uintptr_t pctab;
	uintptr_t ftab; /* n_funcs + 1 pairs: offset of a function from text, of its record */
	size_t n_funcs;
	unsigned flags_at; /* where a function's record has its flags */
	uintptr_t end;	   /* of the mapped segment that all tables lie in */
};

/* gotext_of - the Go text that holds @address, a code address of @m
 * Returns NULL when it is no Go code.
 * Context: sample. The first question about a Go module searches its data segments. */
const struct gotext *gotext_of(const struct module *m, uintptr_t address);

/* gotext_rule - the rule of the return address @pc in @go. RULE_CUT where Go's tables have none;
 * RULE_NONE for C code that Go's own linker has put among Go's, and for assembly that moves the
 * stack pointer by itself: there the code has to tell.
 * Context: sample. */
uint32_t gotext_rule(const struct gotext *go, uintptr_t pc);

/* gotext_name - the name of the Go function at @address, NUL-terminated; NULL when there is none.
 * Context: sample. */
const char *gotext_name(const struct gotext *go, uintptr_t address);

#endif
