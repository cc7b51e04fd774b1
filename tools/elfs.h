/* SPDX-License-Identifier: Apache-2.0 */
/* elfs - the file that a mapping of a dump was made from
 *
 * A dump names a path and, where the library knew it, a build-id. A file counts as the one that
 * is meant when its build-id equals the dump's; where the dump has none, the path must do. A file
 * with another build-id, or with none where the dump has one, is never taken.
 *
 * Asked in this order: a living process's /proc/PID/root and /proc/PID/map_files, the path under
 * symfs, the path as it is (with symfs only where a build-id can tell), the base name and the path
 * in each search folder, and the build-id in the .build-id folders of the search folders and of
 * /usr/lib/debug, at last debuginfod servers. The vdso, which no file holds, is taken from this
 * process if it has the build-id.
 *
 * Nothing is printed; what was found or not is a name_file state. */
#ifndef LEAKTRACK_TOOLS_ELFS_H
#define LEAKTRACK_TOOLS_ELFS_H

#include "elf_image.h"
#include "elfs_remote.h"
#include "name.h"

struct elfs_found {
	enum name_file state;	 /* NAME_FILE_OK when .image is set */
	struct elf_image *image; /* to be freed by the caller; NULL: none */
	const char *how;	 /* a constant */
	char *differs;		 /* the first file with another build-id, from malloc; or NULL */
	char *differs_id;	 /* its build-id, from malloc; NULL: it has none */
	struct err bad;		 /* why a file could not be opened; text "" if none */
};

/* Folders that stand for '/', at most three: of the living process, of symfs, and the real one. */
struct elfs_roots {
	char process[32];
	const char *list[3];
	size_t count;
};

/* elfs_find - open the file of a module; only options and module are read */
void elfs_find(const struct name_options *options, const struct name_module *module,
	       struct elfs_found *found);

/* elfs_roots - where paths are looked up
 * @known  a build-id or checksum tells whether a file is the right one: then all may be asked */
void elfs_roots(const struct name_options *options, bool known, struct elfs_roots *roots);

/* elfs_try - take a file if it is the one: its build-id is @build_id, or that is NULL
 * @path  from malloc; it is freed.  Returns whether the search is over. */
bool elfs_try(struct elfs_found *found, const char *build_id, char *path, const char *how);

/* elfs_try_build_id - the same for FOLDER/.build-id/ab/cdef… and @end behind it */
bool elfs_try_build_id(struct elfs_found *found, const char *build_id, const char *folder,
		       const char *end);

/* elfs_try_remote - the same for debuginfod servers */
bool elfs_try_remote(struct elfs_found *found, const char *build_id, enum elfs_remote what);

/* elfs_found_free - what was not taken out of it; .image is left alone */
void elfs_found_free(struct elfs_found *found);

/* elfs_anonymous - is this no file's path: '', '[heap]', '//anon', 'anon_inode:…'? */
bool elfs_anonymous(const char *path);

#endif
