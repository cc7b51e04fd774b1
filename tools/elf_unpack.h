/* SPDX-License-Identifier: Apache-2.0 */
/* elf_unpack - a file whose debug sections are packed by zstd, with these sections unpacked
 *
 * libelf unpacks what zlib packed; zstd it knows only since 0.189, and as it was built. So sections
 * of that kind are unpacked here, into a copy of the file in memory, behind its end, and its
 * section headers say so. Files of 64 bits, little-endian. */
#ifndef LEAKTRACK_TOOLS_ELF_UNPACK_H
#define LEAKTRACK_TOOLS_ELF_UNPACK_H

#include "elf_image.h"

/* elf_unpack - NULL: no section is packed so, or one that is cannot be unpacked
 * To be freed by elf_image_free(). */
struct elf_image *elf_unpack(const struct elf_image *image);

#endif
