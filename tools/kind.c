/* SPDX-License-Identifier: Apache-2.0 */
/* Names that decide, in tables. Go's names are 'path/of/package.Symbol', with dots in the last
 * path element written as %2e: so the symbol begins after the first dot behind the last slash
 * (cmd/internal/objabi, PathToPrefix). cgo's generated names are those of cmd/cgo/out.go.
 *
 * Go's standard library is told from a module by the source file: with and without -trimpath it
 * ends in the package's path, and lies in a folder 'src' or begins with the package. The first
 * path element alone does not do: a program may call its own module 'log'. */
#include "kind.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool begins_any(const char *text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (begins(text, list[i])) {
			return true;
		}
	}
	return false;
}

static bool is_any(const char *text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(text, list[i])) {
			return true;
		}
	}
	return false;
}

static const char *base_of(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

/* The end of the package in a Go name, or NULL: the dot before the symbol. A generic function's
 * type arguments may hold slashes: they come after a '['. */
static const char *package_end(const char *name)
{
	const char *stop = name + strcspn(name, "[(");
	const char *slash = name;

	for (const char *at = name; at < stop; at++) {
		slash = *at == '/' ? at : slash;
	}
	return strchr(slash, '.');
}

static bool is_cgo(const struct profile_function *function)
{
	static const char *const runtime[] = {
		"runtime.cgocall",     "runtime.asmcgocall", "runtime.goexit",
		"runtime.systemstack", "crosscall2",	     "_cgoexp_",
	};
	static const char *const symbols[] = {"_Cfunc_",  "_C2func_",  "_cgo_",
					      "_cgoexp_", "_cgoCheck", "_Cmacro_"};
	static const char *const files[] = {"_cgo_export.c", "cgo-gcc-export-header-prolog"};
	const char *end = package_end(function->name);

	if (begins_any(function->name, runtime, COUNT(runtime)) ||
	    begins(function->name, "_cgo_")) {
		return true;
	}
	if (end && begins_any(end + 1, symbols, COUNT(symbols))) {
		return true;
	}
	return function->file && is_any(base_of(function->file), files, COUNT(files));
}

/* A C function in the preamble of a Go file has that file's name too, so the language decides. */
static bool is_go(const struct profile_function *function)
{
	const char *base = base_of(function->file);
	const char *dot = base ? strrchr(base, '.') : NULL;

	if (function->lang != PROFILE_LANG_UNKNOWN) {
		return function->lang == PROFILE_LANG_GO;
	}
	return dot && !strcmp(dot, ".go") && strchr(function->name, '.');
}

static bool is_go_runtime(const char *name)
{
	static const char *const packages[] = {"runtime.", "runtime/", "internal/runtime/",
					       "internal/abi.", "type:."};

	return begins_any(name, packages, COUNT(packages));
}

static bool is_go_std(const struct profile_function *function)
{
	const char *end = package_end(function->name);
	const char *file = function->file;

	if (!end || begins(function->name, "main.")) {
		return false;
	}
	const size_t length = (size_t)(end - function->name);
	const char *first_end = function->name + strcspn(function->name, "/.");
	if (first_end < end && *first_end == '.') {
		return false; /* a domain: github.com/… */
	}
	if (!file) {
		return false;
	}
	const char *base = base_of(file);
	if (base == file || (size_t)(base - file) < length + 1) {
		return false;
	}
	const char *folder = base - 1 - length;
	if (strncmp(folder, function->name, length) != 0) {
		return false;
	}
	return folder == file ? !strchr(file, '@')
			      : folder - file >= 5 && begins(folder - 5, "/src/");
}

/* Headers of the C++ library and sources of Rust's: std::vector, alloc::vec and all of their kind
 * allocate for whoever uses them. */
static bool is_library_source(const char *file)
{
	static const char *const begin[] = {"library/core/", "library/alloc/", "library/std/",
					    "/rustc/"};

	return file && (begins_any(file, begin, COUNT(begin)) || strstr(file, "/include/c++/") ||
			strstr(file, "/lib/rustlib/src/"));
}

static bool is_alloc(const struct profile_function *function)
{
	static const char *const names[] = {
		"malloc",
		"calloc",
		"realloc",
		"reallocarray",
		"memalign",
		"aligned_alloc",
		"valloc",
		"pvalloc",
		"strdup",
		"strndup",
		"__strdup",
		"__strndup",
		"wcsdup",
		"asprintf",
		"vasprintf",
		"xmalloc",
		"xcalloc",
		"xrealloc",
		"xstrdup",
		"g_malloc",
		"g_malloc0",
		"g_realloc",
		"g_strdup",
		"posix_memalign",
		"__rg_alloc",
		"__rdl_alloc",
		"__rust_alloc",
		"__rust_realloc",
		"__rust_alloc_zeroed",
		"g_malloc_n",
		"g_malloc0_n",
		"__rdl_realloc",
		"__rdl_alloc_zeroed",
	};
	static const char *const symbols[] = {"_Znw",	       "_Zna",		"_ZNSt", "_ZNKSt",
					      "_ZSt",	       "_ZNSa",		"_ZNSs", "_ZNKSs",
					      "_ZN9__gnu_cxx", "_ZNK9__gnu_cxx"};
	static const char *const both[] = {"std::", "<std::", "operator new"};
	/* Anybody's namespaces in C++. */
	static const char *const rust[] = {
		"alloc::",     "<alloc::",     "core::",    "<core::",
		"hashbrown::", "<hashbrown::", "__rustc::", "<T as alloc::"};

	return is_any(function->name, names, COUNT(names)) || is_library_source(function->file) ||
	       begins_any(function->symbol, symbols, COUNT(symbols)) ||
	       begins_any(function->name, both, COUNT(both)) ||
	       (function->lang != PROFILE_LANG_CXX &&
		begins_any(function->name, rust, COUNT(rust)));
}

static bool is_system(const struct profile_function *function)
{
	static const char *const modules[] = {
		"libc.so",	"libc-2",      "ld-linux",    "ld-2",	     "libpthread",
		"libstdc++.so", "libc++.so",   "libc++abi",   "libgcc_s",    "libm.so",
		"libdl.so",	"ld-musl",     "libjemalloc", "libtcmalloc", "libmimalloc",
		"[vdso]",	"libleaktrack"};
	static const char *const names[] = {
		"_start",	"__libc_start_main", "__libc_start_call_main",
		"start_thread", "__clone3",	     "clone3",
		"clone",	"__libc_csu_init",   "rust_begin_unwind",
	};
	const char *module = base_of(function->module);

	return (module && begins_any(module, modules, COUNT(modules))) ||
	       is_any(function->name, names, COUNT(names));
}

enum kind kind_of(const struct profile_function *function)
{
	static const char *const marks[] = {"(…)", "[cut]", "[C heap]", "[Go heap]"};

	if (is_any(function->name, marks, COUNT(marks))) {
		return KIND_MARK;
	}
	if (is_cgo(function)) {
		return KIND_CGO;
	}
	if (is_go(function)) {
		if (is_go_runtime(function->name)) {
			return KIND_GO_RUNTIME;
		}
		return is_go_std(function) ? KIND_GO_STD : KIND_GO;
	}
	if (function->nameless) {
		return is_system(function) ? KIND_SYSTEM : KIND_NATIVE;
	}
	if (is_alloc(function)) {
		return KIND_ALLOC;
	}
	return is_system(function) ? KIND_SYSTEM : KIND_NATIVE;
}

const char *kind_name(enum kind kind)
{
	static const char *const names[] = {
		[KIND_GO] = "go",
		[KIND_GO_STD] = "go_std",
		[KIND_GO_RUNTIME] = "go_runtime",
		[KIND_CGO] = "cgo",
		[KIND_NATIVE] = "native",
		[KIND_ALLOC] = "alloc",
		[KIND_SYSTEM] = "system",
		[KIND_MARK] = "mark",
	};

	return names[kind];
}

const char *kind_call(const char *name)
{
	const char *end = package_end(name);

	if (!end) {
		return NULL;
	}
	if (!strcmp(end + 1, "_Cfunc__CMalloc")) {
		return "malloc";
	}
	if (begins(end + 1, "_Cfunc_")) {
		return end + 1 + strlen("_Cfunc_");
	}
	if (begins(end + 1, "_C2func_")) {
		return end + 1 + strlen("_C2func_");
	}
	return NULL;
}

bool kind_is_asmcgocall(const char *name)
{
	return begins(name, "runtime.asmcgocall");
}

bool kind_is_wrapper(const char *inner, const char *outer)
{
	const size_t length = strlen(outer);

	if (strncmp(inner, outer, length) != 0) {
		return false;
	}
	const char *rest = inner + length;
	if (begins(rest, ".func")) {
		rest += strlen(".func");
	} else if (*rest == '.') {
		rest++;
	} else {
		return false;
	}
	return *rest && !rest[strspn(rest, "0123456789")];
}
