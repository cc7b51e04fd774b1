/* SPDX-License-Identifier: Apache-2.0 */
/* Section headers are read from the file's bytes, each checked: a hostile file may claim anything.
 * Memory grows with what zstd gives, up to a limit that debug sections do not reach. */
#include "elf_unpack.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "mem.h"

#define PACKED_ZSTD 2 /* ELFCOMPRESS_ZSTD, younger than some <elf.h> */
#define BYTES_MOST  ((size_t)2 << 30)

struct unpacking {
	unsigned char *bytes; /* the file and what was unpacked, from mem_grow() */
	size_t size, room;
};

/* unpack_one - append what a section holds; false: it cannot be unpacked */
static bool unpack_one(struct unpacking *to, const unsigned char *packed, size_t size,
		       size_t wanted)
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	ZSTD_inBuffer in = {packed, size, 0};
	const size_t start = to->size;
	size_t left = 1;

	while (stream && left && !ZSTD_isError(left) && to->size - start < wanted) {
		const size_t step = wanted - (to->size - start) < 1 << 20
					    ? wanted - (to->size - start)
					    : 1 << 20;
		ZSTD_outBuffer out = {0};

		to->bytes = mem_grow(to->bytes, &to->room, to->size + step, 1);
		out.dst = to->bytes + to->size;
		out.size = step;
		left = ZSTD_decompressStream(stream, &out, &in);
		to->size += out.pos;
		if (!out.pos && in.pos == in.size) {
			break;
		}
	}
	ZSTD_freeDStream(stream);
	return to->size - start == wanted;
}

/* packed - is this section packed by zstd? Its header lies inside the file. */
static bool packed(const struct elf_image *image, const Elf64_Shdr *shdr, Elf64_Chdr *chdr)
{
	if (!(shdr->sh_flags & SHF_COMPRESSED) || shdr->sh_type == SHT_NOBITS ||
	    shdr->sh_size < sizeof(*chdr) || shdr->sh_offset > image->size ||
	    shdr->sh_size > image->size - shdr->sh_offset) {
		return false;
	}
	memcpy(chdr, image->bytes + shdr->sh_offset, sizeof(*chdr));
	return chdr->ch_type == PACKED_ZSTD;
}

static bool unpack(const struct elf_image *image, struct unpacking *to, size_t at)
{
	Elf64_Shdr shdr;
	Elf64_Chdr chdr;

	memcpy(&shdr, image->bytes + at, sizeof(shdr));
	if (!packed(image, &shdr, &chdr)) {
		return true;
	}
	if (!to->bytes) {
		to->bytes = mem_grow(NULL, &to->room, image->size, 1);
		memcpy(to->bytes, image->bytes, image->size);
		to->size = image->size;
	}
	to->bytes = mem_grow(to->bytes, &to->room, to->size + 16, 1);
	memset(to->bytes + to->size, 0, 16);
	to->size += -to->size & 15;
	const size_t start = to->size;

	if (chdr.ch_size > BYTES_MOST - (start < BYTES_MOST ? start : BYTES_MOST) ||
	    !unpack_one(to, image->bytes + shdr.sh_offset + sizeof(chdr),
			shdr.sh_size - sizeof(chdr), chdr.ch_size)) {
		return false;
	}
	shdr.sh_flags &= ~(Elf64_Xword)SHF_COMPRESSED;
	shdr.sh_offset = start;
	shdr.sh_size = chdr.ch_size;
	shdr.sh_addralign = chdr.ch_addralign;
	memcpy(to->bytes + at, &shdr, sizeof(shdr));
	return true;
}

struct elf_image *elf_unpack(const struct elf_image *image)
{
	struct unpacking to = {0};
	struct elf_image *result = NULL;
	Elf64_Ehdr ehdr;
	size_t i;
	bool good = true;

	if (image->size < sizeof(ehdr) || image->bytes[EI_CLASS] != ELFCLASS64 ||
	    image->bytes[EI_DATA] != ELFDATA2LSB) {
		return NULL;
	}
	memcpy(&ehdr, image->bytes, sizeof(ehdr));
	if (ehdr.e_shentsize != sizeof(Elf64_Shdr) || ehdr.e_shoff > image->size ||
	    ehdr.e_shnum > (image->size - ehdr.e_shoff) / sizeof(Elf64_Shdr)) {
		return NULL;
	}
	for (i = 0; i < ehdr.e_shnum && good; i++) {
		good = unpack(image, &to, ehdr.e_shoff + i * sizeof(Elf64_Shdr));
	}
	if (good && to.bytes) {
		elf_image_take(&result, image->path, to.bytes, to.size, NULL);
	} else {
		free(to.bytes);
	}
	return result;
}
