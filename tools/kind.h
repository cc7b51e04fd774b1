/* SPDX-License-Identifier: Apache-2.0 */
/* kind - what sort of code a function is
 *
 * Told from name, symbol, source file and module, so that reports can start with the code that
 * somebody can change: first a line of the Go program, else of Go's library, else C code that is
 * neither an allocator nor libc or libstdc++.
 *
 *     every function has exactly one kind
 *
 * It is a guess by names, as good as they are; nothing but the order and folding of reports hangs
 * on it, never a value. */
#ifndef LEAKTRACK_TOOLS_KIND_H
#define LEAKTRACK_TOOLS_KIND_H

#include "profile.h"

enum kind {
	KIND_GO,	 /* the Go program and the modules that it imports */
	KIND_GO_STD,	 /* Go's standard library */
	KIND_GO_RUNTIME, /* runtime and below */
	KIND_CGO,	 /* the way between Go and C: _Cfunc_…, _cgo_…, runtime.cgocall, … */
	KIND_NATIVE,	 /* C, C++, Rust, code without a name */
	KIND_ALLOC,	 /* allocates for its caller: operator new, strdup, std::vector */
	KIND_SYSTEM,	 /* libc, libstdc++, the loader, what calls main */
	KIND_MARK,	 /* '(…)', '[cut]', and the roots of two heaps */
};

enum kind kind_of(const struct profile_function *function);

/* kind_name - 'go', 'go_std', 'go_runtime', 'cgo', 'native', 'alloc', 'system' or 'mark' */
const char *kind_name(enum kind kind);

/* kind_call - the C name of a cgo stub as Go code writes it: 'main._Cfunc_CString' gives
 * 'CString' (to be shown as C.CString), part of @name; NULL: it is no such stub */
const char *kind_call(const char *name);

/* kind_is_asmcgocall - the function of Go's runtime that calls the C half of cgo's stubs */
bool kind_is_asmcgocall(const char *name);

/* kind_is_wrapper - is @inner a function literal that @outer calls where it is written? cgo wraps
 * calls with pointer arguments so: func() { …; _Cfunc_f(_cgo0) }() */
bool kind_is_wrapper(const char *inner, const char *outer);

#endif
