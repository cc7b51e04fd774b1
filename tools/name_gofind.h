/* SPDX-License-Identifier: Apache-2.0 */
/* name_gofind - where a file keeps its Go function table, and what it is relative to
 *
 * Finds .gopclntab by section name, or by its magic number where section headers were stripped;
 * then moduledata, the runtime's table of addresses, which tells where Go's text starts and where
 * inline trees lie. In PIE files these addresses are relocations.
 *
 * It does not decode: see name_gopclntab.h. */
#ifndef LEAKTRACK_TOOLS_NAME_GOFIND_H
#define LEAKTRACK_TOOLS_NAME_GOFIND_H

#include "elf_image.h"
#include "name_gopclntab.h"

struct gofind {
	struct gopclntab tab;
	unsigned char *copy; /* of the table, relocated; NULL: the file's own bytes serve */
	bool moduledata;     /* found */
};

/* gofind_open - the Go functions of a file; NULL: it has none
 * The image must outlive the result. */
struct gofind *gofind_open(struct elf_image *image);
void gofind_free(struct gofind *go); /* NULL is fine */

#endif
