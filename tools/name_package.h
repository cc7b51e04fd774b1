/* SPDX-License-Identifier: Apache-2.0 */
/* name_package - split debug information that was packed into one file, PROGRAM.dwp
 *
 * With -gsplit-dwarf a program holds skeletons of its units only; the rest lies in .dwo files,
 * which libdw finds by itself, or in a package of these, which libdw knows since 0.192. For a
 * skeleton that a package has, the unit is taken out of it as the .dwo file that it once was.
 *
 *     unit of the package <-- 64-bit id --> skeleton in the program
 *
 * A package is hostile as any file: what does not fit is as if it was not there. */
#ifndef LEAKTRACK_TOOLS_NAME_PACKAGE_H
#define LEAKTRACK_TOOLS_NAME_PACKAGE_H

#include <elfutils/libdw.h>

#include "elf_image.h"

struct name_package;

/* name_package_open - the package beside a program or its debug file; NULL: none */
struct name_package *name_package_open(const struct elf_image *image);

/* name_package_of - the package that an image is; the image is taken over.  NULL: it is none */
struct name_package *name_package_of(struct elf_image *image);
void name_package_free(struct name_package *package); /* NULL is fine */

/* name_package_file - a unit as a .dwo file in memory, by its id: a descriptor; -1: not there */
int name_package_file(const struct name_package *package, uint64_t id);

/* name_package_link - give a skeleton its unit; to be called before anybody asks libdw for that
 * unit, for it looks once.  @id  of the skeleton.  Returns whether it has one now. */
bool name_package_link(struct name_package *package, Dwarf_Die *skeleton, uint64_t id);

#endif
