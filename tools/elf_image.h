/* SPDX-License-Identifier: Apache-2.0 */
/* elf_image - one open ELF file, read by virtual address
 *
 * An image is the file's bytes with its loadable segments, its GNU build-id and its sections by
 * name. Everything that it hands out lies inside those bytes: offsets and sizes from the file are
 * checked once, here, so that the readers above work on plain ranges.
 *
 *     vaddr = file offset - segment.offset + segment.vaddr        (PT_LOAD)
 *
 * Files may be hostile: cut, overlapping, lying about sizes. What does not fit is as if it was
 * not there. A file that is made shorter while it is open is not guarded against. */
#ifndef LEAKTRACK_TOOLS_ELF_IMAGE_H
#define LEAKTRACK_TOOLS_ELF_IMAGE_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf_range.h"
#include "err.h"

struct elf_segment {
	uint64_t offset, vaddr, memory_size;
	uint64_t claimed_size; /* in the file, as the header says */
	uint64_t file_size;    /* what of that is there; in a debug file it may be other bytes */
	bool executable;
};

struct elf_relocation { /* 'at becomes value + load address' */
	uint64_t at, value;
};

struct elf_image {
	char *path;
	int fd;
	Elf *elf;
	const unsigned char *bytes;
	size_t size;
	char *build_id; /* hex digits; NULL: none */
	int type;	/* ET_EXEC, ET_DYN … */
	struct elf_segment *segments;
	size_t segment_count;
	unsigned char *unpacked; /* the bytes, where they came from memory; NULL: a file */

	/* Use elf_image_relocations(). */
	struct elf_relocation *relocations;
	size_t relocation_count;
	bool relocations_read;
};

/* elf_image_open - open the ELF file at a path; 0, or -1 when it cannot be read or is none */
int elf_image_open(struct elf_image **image, const char *path, struct err *err);

/* elf_image_take - the same for a file in memory; @bytes comes from malloc and is taken over,
 * also on failure.  @path names it in messages */
int elf_image_take(struct elf_image **image, const char *path, unsigned char *bytes, size_t size,
		   struct err *err);

void elf_image_free(struct elf_image *image); /* NULL is fine */

/* elf_image_vaddr - the address in the file of what is mapped from @offset; false: not loaded */
bool elf_image_vaddr(const struct elf_image *image, uint64_t offset, uint64_t *vaddr);

/* elf_image_vaddr_mapped - the same by the mapping itself: in a debug file by objcopy segments of
 * code are empty and lost their places. The one that is as large as the mapping is meant.
 * @inside  how far the address is behind the mapping's start */
bool elf_image_vaddr_mapped(const struct elf_image *image, uint64_t inside, uint64_t size,
			    uint64_t *vaddr);

/* elf_image_at - the file's bytes from an address to the end of its segment; empty: none */
struct elf_range elf_image_at(const struct elf_image *image, uint64_t vaddr);

/* elf_image_section - a section by name, not unpacked; false: none, or it has no bytes */
bool elf_image_section(const struct elf_image *image, const char *name, struct elf_range *range);

/* elf_image_relocations - those that add the load address, by rising address. In a PIE file they
 * hold what pointers in its data will be; in a fixed executable there are none. */
const struct elf_relocation *elf_image_relocations(struct elf_image *image, size_t *count);

/* elf_image_pointer - the word at an address after relocation, as if loaded at 0 */
bool elf_image_pointer(struct elf_image *image, uint64_t vaddr, uint64_t *value);

#endif
