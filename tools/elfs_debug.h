/* SPDX-License-Identifier: Apache-2.0 */
/* elfs_debug - files that complete another file's debug information
 *
 * Distributions take debug information out of a program into a file of its own, and then what
 * several of those have in common into another one, the supplement that dwz makes.
 *
 *     program --build-id or .gnu_debuglink--> debug file --.gnu_debugaltlink--> supplement
 *
 * A debug file must have the program's build-id or the checksum in the link, a supplement the
 * build-id in the link; so neither is ever the wrong one. */
#ifndef LEAKTRACK_TOOLS_ELFS_DEBUG_H
#define LEAKTRACK_TOOLS_ELFS_DEBUG_H

#include "elf_image.h"
#include "name.h"

/* elfs_find_debug - the separate file with a file's debug information: by build-id, then by
 * .gnu_debuglink with its checksum, then from debuginfod servers.  NULL: none
 * @how  set to where it was found, a constant; may be NULL */
struct elf_image *elfs_find_debug(const struct name_options *options, const struct elf_image *image,
				  const char **how);

/* elfs_find_supplement - the file that @image's .gnu_debugaltlink names.  NULL: none */
struct elf_image *elfs_find_supplement(const struct name_options *options,
				       const struct elf_image *image, const char **how);

#endif
