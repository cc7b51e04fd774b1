/* SPDX-License-Identifier: Apache-2.0 */
/* elfs - the file that a mapping of a dump was made from
 *
 * A dump names a path and, where the library knew it, a build-id. A file counts as the one that
 * is meant when its build-id equals the dump's; where the dump has none, the path must do. A file
 * with another build-id, or with none where the dump has one, is never taken.
 *
 * Asked in this order: a living process's /proc/PID/root and /proc/PID/map_files, the path under
 * symfs (or as it is), the base name and the path in each search folder, and the build-id in the
 * .build-id folders of the search folders and of /usr/lib/debug, at last debuginfod servers.
 *
 * Nothing is printed; what was found or not is a name_file state. */
#ifndef LEAKTRACK_TOOLS_ELFS_H
#define LEAKTRACK_TOOLS_ELFS_H

#include "elf_image.h"
#include "name.h"

struct elfs_found {
	enum name_file state;	 /* NAME_FILE_OK when .image is set */
	struct elf_image *image; /* to be freed by the caller; NULL: none */
	const char *how;	 /* a constant */
	char *differs;		 /* the first file with another build-id, from malloc; or NULL */
	char *differs_id;	 /* its build-id, from malloc; NULL: it has none */
	struct err bad;		 /* why a file could not be opened; text "" if none */
};

/* elfs_find - open the file of a module; only options and module are read */
void elfs_find(const struct name_options *options, const struct name_module *module,
	       struct elfs_found *found);

/* elfs_find_debug - the separate file with a file's debug information: by build-id, then by
 * .gnu_debuglink with its checksum, then from debuginfod servers.  NULL: none */
struct elf_image *elfs_find_debug(const struct name_options *options,
				  const struct elf_image *image);

/* elfs_anonymous - is this no file's path: '', '[vdso]', '//anon', 'anon_inode:…'? */
bool elfs_anonymous(const char *path);

#endif
