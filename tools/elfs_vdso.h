/* SPDX-License-Identifier: Apache-2.0 */
/* elfs_vdso - the kernel's code that is mapped into each process
 *
 * No file holds it. It is the same in all processes of one kernel, so ours serves for those dumps
 * whose build-id of it is ours. */
#ifndef LEAKTRACK_TOOLS_ELFS_VDSO_H
#define LEAKTRACK_TOOLS_ELFS_VDSO_H

#include "elf_image.h"

/* elfs_vdso - an image of it; NULL: there is none, or it is another one
 * @build_id  hex digits; NULL: the dump has none, so it cannot be told */
struct elf_image *elfs_vdso(const char *build_id);

#endif
