/* SPDX-License-Identifier: Apache-2.0 */
/* name - from a code address of a dump to functions, files and lines
 *
 * A namer takes the executable mappings of a dump as they come and finds for each the file that
 * it was made from, by build-id where the dump has one. An address then gives one frame, or
 * several where functions were inlined: frames[0] is the innermost, the last one is the function
 * that the machine code belongs to.
 *
 *     virtual address in the file = address - module.start + module.offset, through the program
 *     headers (so PIE, shared libraries and fixed executables need no distinction)
 *
 * Who is asked: Go functions by .gopclntab, also where DWARF knows them (the same names with and
 * without -ldflags='-s -w'); all else by DWARF, then .symtab, .dynsym, mini-debuginfo and the PLT.
 *
 * A file whose build-id is not the dump's gives no names at all: better none than a wrong one.
 * Where the dump has no build-id, nor does a file that was written since, nor another one in the
 * place of a deleted one. namer_module() tells so; nothing here prints. Files are read as they are
 * when first asked for. One thread at a time. */
#ifndef LEAKTRACK_TOOLS_NAME_H
#define LEAKTRACK_TOOLS_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum name_lang {
	NAME_LANG_UNKNOWN,
	NAME_LANG_C,
	NAME_LANG_CXX,
	NAME_LANG_RUST,
	NAME_LANG_GO,
};

struct name_frame {
	const char *function; /* demangled, as a person reads it; NULL: unknown */
	const char *symbol;   /* as linked; NULL: unknown */
	const char *file;     /* source file as the compiler wrote it; NULL: unknown */
	unsigned line;	      /* 0: unknown */
	unsigned start_line;  /* line where the function starts; 0: unknown */
	enum name_lang lang;
	bool inlined; /* into the next frame */
	bool wrapper; /* Go code that the compiler wrote; runtime.Callers leaves it out of a
		       * stack but for the innermost frame */
};

/* One executable mapping of the dump. Two modules with the same path and build-id share work. */
struct name_module {
	const char *path;     /* as /proc/PID/maps has it; ' (deleted)' may be left on or off */
	const char *build_id; /* lower case hex digits; NULL: the dump has none */
	uint64_t start, end;  /* runtime addresses, end excluded */
	uint64_t offset;      /* of start in the file */
};

/* A process, dead or alive, whose PID others may have had before and since. */
struct name_jit_owner {
	pid_t pid;		   /* 0: nobody */
	int64_t start_ns, dump_ns; /* when it began, and when it wrote the dump; 0: unknown */
};

struct name_options {
	const char *symfs; /* root folder where all paths are looked up instead; NULL: / */
	const char *const *searches; /* folders that may hold the file under its base name */
	size_t search_count;
	pid_t pid;	 /* a living process: its /proc/PID/root and map_files are asked; 0: none */
	int64_t then_ns; /* a time when the files were those of the dump, since 1970; 0: unknown */
	struct name_jit_owner jit; /* whose /tmp/perf-PID.map names code without a file */
};

/* What became of a module's file. From NAME_FILE_OK on there are names to be had. */
enum name_file {
	NAME_FILE_ANONYMOUS, /* no path, or one of the kernel's: [vdso], [heap], //anon */
	NAME_FILE_MISSING,   /* nothing under that path anywhere */
	NAME_FILE_DIFFERS,   /* found only files with another build-id */
	NAME_FILE_BAD,	     /* found, but no ELF file, or one that is cut */
	NAME_FILE_NO_NAMES,  /* right file, no names in it: stripped C code */
	NAME_FILE_SYMBOLS,   /* right file, function names without lines */
	NAME_FILE_OK,	     /* right file, with lines: DWARF or .gopclntab */
};

struct name_module_info {
	enum name_file state;
	const char *used;  /* the file that names come from; NULL: none */
	const char *debug; /* a separate file with its debug information; NULL: none */
	const char *debug_how;
	const char *supplement; /* what dwz took out of debug information; NULL: none */
	const char *supplement_how;
	bool mini;	      /* symbols from its mini-debuginfo */
	const char *build_id; /* of the file used, or of the one that differs; NULL: it has none */
	const char *how;      /* in a few words where it was found: 'build-id', 'symfs', … */
	bool go;	      /* it has Go functions */
	const char *problem;  /* one line for a warning, with the path in it; NULL: none */
};

struct namer;

/* namer_new - never NULL; @options is copied, its strings and arrays too */
struct namer *namer_new(const struct name_options *options);
void namer_free(struct namer *namer); /* NULL is fine */

/* namer_lookup - every frame at a code address
 * @address  inside the module; already lowered by one where it is a return address
 * @frames   set to the frames, owned by the namer, valid until namer_free()
 * Returns their number. 0: the module has no file to ask (see namer_module()), and no JIT map
 * knows the address. At least 1 when
 * it has, though that frame's function may be NULL. */
size_t namer_lookup(struct namer *namer, const struct name_module *module, uint64_t address,
		    const struct name_frame **frames);

struct name_result {
	const struct name_frame *frames; /* as namer_lookup() gives them */
	size_t count;
};

/* namer_lookup_many - the same for many addresses of one module, in any order, worked through by
 * rising address: what a large dump should use.  results[i] belongs to addresses[i]. */
void namer_lookup_many(struct namer *namer, const struct name_module *module,
		       const uint64_t *addresses, size_t count, struct name_result *results);

/* namer_module - which file serves a module and what is wrong with it; owned by the namer */
const struct name_module_info *namer_module(struct namer *namer, const struct name_module *module);

#endif
