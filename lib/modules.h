/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modules.h - the module (program, library, vdso) that an address belongs to
 *
 * There is no list of ours that could be out of date: glibc's _dl_find_object (since 2.35) answers
 * from its own lock-free tables, also inside signal handlers and while another thread is in dlopen.
 * What a module says of itself is read from its memory, and only inside its loaded segments.
 *
 * Invariants: start <= address < end for the module of an address; every address that
 * modules_readable() accepts lies in a PT_LOAD segment of that module with PF_R; what a generation
 * saw may be kept as long as modules_generation() gives the same value and none is closing.
 *
 * It does not know memory that no module owns (code made at run time), and not static programs.
 */
#ifndef LEAKTRACK_MODULES_H
#define LEAKTRACK_MODULES_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A copy: nothing in it is shared. Pointers lead into the module, for as long as it is loaded. */
struct module {
	uintptr_t start, end;	/* all of its mappings lie between */
	uintptr_t bias;		/* what to add to an address in the file's headers */
	const char *path;	/* as the loader has it; "" for the program itself */
	const void *map;	/* its link map; NULL: not known */
	uintptr_t eh_frame_hdr; /* 0: none */
	const Elf64_Phdr *ph;	/* NULL: its headers are not where they can be trusted */
	unsigned n_ph;
};

/* modules_start - look up what the other functions need. Context: start. */
void modules_start(void);

/* modules_refresh - at a safe point: with glibc before 2.35, see what modules there are. Else
 * nothing. Context: start. */
void modules_refresh(void);

/* modules_find - the module of @address
 * Returns false when there is none, or none that glibc tells of.
 * Context: sample. */
bool modules_find(uintptr_t address, struct module *m);

/* modules_segment - the loaded segment that holds @address
 * Returns NULL when no segment of @m holds it.
 * Context: sample. */
const Elf64_Phdr *modules_segment(const struct module *m, uintptr_t address);

/* modules_readable - whether @n bytes at @address lie inside one readable segment of @m, whole
 * pages counted, for that is how segments are mapped.
 * Context: sample. */
bool modules_readable(const struct module *m, uintptr_t address, size_t n);

/* modules_executable - whether @address lies in an executable segment of @m. Context: sample. */
bool modules_executable(const struct module *m, uintptr_t address);

/* modules_offset - where in its file the segment of @address begins, and where in memory.
 * Returns false when no segment of @m holds it.
 * Context: sample. */
bool modules_offset(const struct module *m, uintptr_t address, uintptr_t *start, uint64_t *offset);

/* modules_build_id - the GNU build-id, from the notes in memory
 * Returns its length, 0 when there is none; *@id points into the module.
 * Context: sample. */
size_t modules_build_id(const struct module *m, const uint8_t **id);

/* modules_note - the content of the first note of @type by @owner (its name, 4 bytes with the NUL)
 * Returns its length; 0 when there is none.
 * Context: sample. */
size_t modules_note(const struct module *m, const char owner[4], uint32_t type,
		    const uint8_t **content);

/* modules_exports - whether @m defines @name in its dynamic symbol table (by DT_GNU_HASH).
 * Context: sample. */
bool modules_exports(const struct module *m, const char *name);

/* modules_generation - a number that changes before and after modules go away. Context: sample. */
uint64_t modules_generation(void);

/* modules_generation_raise - a module has gone. Context: sample. */
void modules_generation_raise(void);

/* modules_closing - whether a dlclose is under way in some thread: what is known of any program
 * counter may become wrong at any moment. Context: sample. */
bool modules_closing(void);

/* modules_fork_child - forget the dlclose calls of threads that the child does not have. Returns
 * whether there were any: then nothing that was learned may be kept.
 * Context: sample. */
bool modules_fork_child(void);

/* How many modules the loader has ever loaded and unloaded. */
struct modules_counts {
	unsigned long long adds, subs;
};

/* modules_close_begin - a dlclose is about to begin. Takes loader locks, as that will.
 * Context: start (dlclose). */
void modules_close_begin(struct modules_counts *before);

enum modules_gone {
	MODULES_GONE_NONE,
	MODULES_GONE_SOME, /* and none came: what is not mapped now is what went */
	MODULES_GONE_ANY,  /* some came too, perhaps to the same place */
};

/* modules_close_end - it has ended; modules_closing() still holds. Context: start (dlclose). */
enum modules_gone modules_close_end(const struct modules_counts *before);

/* modules_close_done - what went is forgotten. Context: start (dlclose). */
void modules_close_done(void);

#ifdef LEAKTRACK_TEST
extern bool modules_test_old_glibc; /* as if _dl_find_object were not there */
#endif

#endif
