/* SPDX-License-Identifier: Apache-2.0 */
/* ELF files through libelf, as bounded ranges.
 *
 * libelf maps the file privately; elf_rawfile() gives the same bytes as one block, so all reads
 * by address go there and only headers go through libelf. Only 64-bit little-endian files have
 * their pointers read (amd64, arm64); DWARF and symbols work for any class. */
#include "elf_image.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"

#define NOTE_BYTES_MOST 64 /* of a build-id: 20 is usual */
#define PAGE_BYTES	4096U

/* in_file - is the range inside the file's bytes? */
static bool in_file(const struct elf_image *image, uint64_t offset, uint64_t size)
{
	return offset <= image->size && size <= image->size - offset;
}

static void read_segments(struct elf_image *image)
{
	size_t count = 0, i;
	GElf_Phdr phdr;

	if (elf_getphdrnum(image->elf, &count) || !count) {
		return;
	}
	if (count > image->size / sizeof(Elf32_Phdr)) {
		return;
	}
	image->segments = mem_zero(count, sizeof(*image->segments));
	for (i = 0; i < count; i++) {
		struct elf_segment *segment = &image->segments[image->segment_count];

		if (!gelf_getphdr(image->elf, (int)i, &phdr) || phdr.p_type != PT_LOAD) {
			continue;
		}
		segment->offset = phdr.p_offset;
		segment->vaddr = phdr.p_vaddr;
		segment->claimed_size = phdr.p_filesz;
		segment->memory_size = phdr.p_memsz;
		segment->executable = phdr.p_flags & PF_X;
		/* A separate debug file has the segments of its original, without their bytes. */
		if (phdr.p_offset <= image->size) {
			segment->file_size = phdr.p_filesz < image->size - phdr.p_offset
						     ? phdr.p_filesz
						     : image->size - phdr.p_offset;
		}
		image->segment_count++;
	}
}

/* build_id_in - the GNU build-id in a block of notes, as hex; NULL: none */
static char *build_id_in(Elf_Data *data)
{
	size_t next, at = 0, name, desc, i;
	GElf_Nhdr note;
	char *hex;

	while (data && (next = gelf_getnote(data, at, &note, &name, &desc)) > at) {
		const unsigned char *bytes = data->d_buf;

		at = next;
		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != sizeof("GNU") ||
		    memcmp(bytes + name, "GNU", sizeof("GNU")) != 0 || !note.n_descsz ||
		    note.n_descsz > NOTE_BYTES_MOST) {
			continue;
		}
		hex = mem_alloc(note.n_descsz * 2 + 1);
		for (i = 0; i < note.n_descsz; i++) {
			hex[2 * i] = "0123456789abcdef"[bytes[desc + i] >> 4];
			hex[2 * i + 1] = "0123456789abcdef"[bytes[desc + i] & 15];
		}
		hex[2 * note.n_descsz] = 0;
		return hex;
	}
	return NULL;
}

/* A separate debug file keeps its note as a section while its segments have no bytes; a file
 * without section headers has only the segment. So both are asked. */
static char *find_build_id(struct elf_image *image)
{
	size_t count = 0, i;
	Elf_Scn *section = NULL;
	GElf_Phdr phdr;
	GElf_Shdr shdr;
	char *id;

	while ((section = elf_nextscn(image->elf, section))) {
		if (!gelf_getshdr(section, &shdr) || shdr.sh_type != SHT_NOTE) {
			continue;
		}
		id = build_id_in(elf_getdata(section, NULL));
		if (id) {
			return id;
		}
	}
	if (elf_getphdrnum(image->elf, &count)) {
		return NULL;
	}
	for (i = 0; i < count && gelf_getphdr(image->elf, (int)i, &phdr); i++) {
		if (phdr.p_type != PT_NOTE || !in_file(image, phdr.p_offset, phdr.p_filesz)) {
			continue;
		}
		id = build_id_in(
			elf_getdata_rawchunk(image->elf, (int64_t)phdr.p_offset, phdr.p_filesz,
					     phdr.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR));
		if (id) {
			return id;
		}
	}
	return NULL;
}

static int image_fill(struct elf_image *image, struct err *err)
{
	GElf_Ehdr ehdr;

	if (!image->elf || elf_kind(image->elf) != ELF_K_ELF || !gelf_getehdr(image->elf, &ehdr)) {
		return err_set(err, "%s: not an ELF file", image->path);
	}
	image->bytes = (const unsigned char *)elf_rawfile(image->elf, &image->size);
	if (!image->bytes) {
		return err_set(err, "%s: cannot be read: %s", image->path, elf_errmsg(-1));
	}
	image->type = ehdr.e_type;
	read_segments(image);
	image->build_id = find_build_id(image);
	return 0;
}

static struct elf_image *image_new(const char *path)
{
	struct elf_image *image = mem_zero(1, sizeof(*image));

	elf_version(EV_CURRENT);
	image->path = mem_string(path);
	image->fd = -1;
	return image;
}

int elf_image_open(struct elf_image **result, const char *path, struct err *err)
{
	struct elf_image *image = image_new(path);
	struct stat status;

	*result = NULL;
	/* O_NONBLOCK: a path from a dump may name a FIFO by now. */
	image->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (image->fd < 0 || fstat(image->fd, &status)) {
		err_sys(err, "%s", path);
		goto bad;
	}
	if (!S_ISREG(status.st_mode)) {
		err_set(err, "%s: not a regular file", path);
		goto bad;
	}
	image->elf = elf_begin(image->fd, ELF_C_READ_MMAP_PRIVATE, NULL);
	if (image_fill(image, err)) {
		goto bad;
	}
	*result = image;
	return 0;
bad:
	elf_image_free(image);
	return -1;
}

int elf_image_take(struct elf_image **result, const char *path, unsigned char *bytes, size_t size,
		   struct err *err)
{
	struct elf_image *image = image_new(path);

	*result = NULL;
	image->unpacked = bytes;
	image->elf = elf_memory((char *)bytes, size);
	if (image_fill(image, err)) {
		elf_image_free(image);
		return -1;
	}
	*result = image;
	return 0;
}

void elf_image_free(struct elf_image *image)
{
	if (!image) {
		return;
	}
	elf_end(image->elf);
	if (image->fd >= 0) {
		close(image->fd);
	}
	free(image->unpacked);
	free(image->relocations);
	free(image->segments);
	free(image->build_id);
	free(image->path);
	free(image);
}

/* Segments may share a page of the file: the linker maps the end of one and the start of the
 * next twice. Code is what is asked for, so an executable one wins. A mapping starts at a page,
 * its segment perhaps a little later: the bytes before count as the segment's. */
bool elf_image_vaddr(const struct elf_image *image, uint64_t offset, uint64_t *vaddr)
{
	const struct elf_segment *found = NULL;
	size_t i;

	for (i = 0; i < image->segment_count; i++) {
		const struct elf_segment *segment = &image->segments[i];

		if (offset < segment->offset || offset - segment->offset >= segment->claimed_size) {
			continue;
		}
		if (!found || segment->executable) {
			found = segment;
		}
		if (found->executable) {
			break;
		}
	}
	if (!found) {
		return false;
	}
	*vaddr = offset - found->offset + found->vaddr;
	return true;
}

bool elf_image_vaddr_mapped(const struct elf_image *image, uint64_t inside, uint64_t size,
			    uint64_t *vaddr)
{
	const struct elf_segment *found = NULL;
	size_t i;

	for (i = 0; i < image->segment_count; i++) {
		const struct elf_segment *segment = &image->segments[i];
		uint64_t skew = segment->vaddr % PAGE_BYTES;

		if (!segment->executable || segment->claimed_size ||
		    segment->memory_size > UINT64_MAX - 2 * PAGE_BYTES ||
		    (skew + segment->memory_size + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES !=
			    size) {
			continue;
		}
		if (found) {
			return false;
		}
		found = segment;
	}
	if (!found || inside >= size) {
		return false;
	}
	*vaddr = found->vaddr - found->vaddr % PAGE_BYTES + inside;
	return true;
}

struct elf_range elf_image_at(const struct elf_image *image, uint64_t vaddr)
{
	struct elf_range range = {0};
	size_t i;

	for (i = 0; i < image->segment_count; i++) {
		const struct elf_segment *segment = &image->segments[i];
		uint64_t inside = vaddr - segment->vaddr;

		if (vaddr >= segment->vaddr && inside < segment->file_size) {
			range.bytes = image->bytes + segment->offset + inside;
			range.size = segment->file_size - inside;
			range.vaddr = vaddr;
			return range;
		}
	}
	return range;
}

bool elf_image_section(const struct elf_image *image, const char *name, struct elf_range *range)
{
	Elf_Scn *section = NULL;
	size_t names;
	GElf_Shdr shdr;

	if (elf_getshdrstrndx(image->elf, &names)) {
		return false;
	}
	while ((section = elf_nextscn(image->elf, section))) {
		const char *found;

		if (!gelf_getshdr(section, &shdr)) {
			continue;
		}
		found = elf_strptr(image->elf, names, shdr.sh_name);
		if (!found || strcmp(found, name) != 0) {
			continue;
		}
		if (shdr.sh_type == SHT_NOBITS || !in_file(image, shdr.sh_offset, shdr.sh_size) ||
		    !shdr.sh_size) {
			return false;
		}
		range->bytes = image->bytes + shdr.sh_offset;
		range->size = shdr.sh_size;
		range->vaddr = shdr.sh_addr;
		return true;
	}
	return false;
}

static int compare_relocations(const void *a, const void *b)
{
	const struct elf_relocation *left = a, *right = b;

	return left->at < right->at ? -1 : left->at > right->at;
}

static bool is_native(const struct elf_image *image)
{
	return image->size > EI_DATA && image->bytes[EI_CLASS] == ELFCLASS64 &&
	       image->bytes[EI_DATA] == ELFDATA2LSB;
}

/* Each pointer has a place of its own in the file, so a table that claims more of them lies. */
static void add_relocation(struct elf_image *image, size_t *room, uint64_t at, uint64_t value)
{
	if (image->relocation_count >= image->size / 8) {
		return;
	}
	image->relocations = mem_grow(image->relocations, room, image->relocation_count + 1,
				      sizeof(*image->relocations));
	image->relocations[image->relocation_count++] = (struct elf_relocation){at, value};
}

static void read_rela(struct elf_image *image, size_t *room, struct elf_range table, bool arm)
{
	uint32_t relative = arm ? R_AARCH64_RELATIVE : R_X86_64_RELATIVE;
	size_t at;

	for (at = 0; table.size - at >= sizeof(Elf64_Rela); at += sizeof(Elf64_Rela)) {
		if ((uint32_t)elf_range_u64(table, at + 8) == relative) {
			add_relocation(image, room, elf_range_u64(table, at),
				       elf_range_u64(table, at + 16));
		}
	}
}

static void read_relr_word(struct elf_image *image, size_t *room, uint64_t at)
{
	struct elf_range word = elf_image_at(image, at);

	if (word.size >= 8) {
		add_relocation(image, room, at, elf_range_u64(word, 0));
	}
}

/* The packed form: an even word is an address, an odd one a bitmap of the 63 words behind. The
 * pointer itself lies in place. */
static void read_relr(struct elf_image *image, size_t *room, struct elf_range table)
{
	uint64_t next = 0;
	size_t at;
	int bit;

	for (at = 0; table.size - at >= 8; at += 8) {
		uint64_t word = elf_range_u64(table, at);

		if (!(word & 1)) {
			read_relr_word(image, room, word);
			next = word + 8;
			continue;
		}
		for (bit = 1; bit < 64; bit++) {
			if (word >> bit & 1) {
				read_relr_word(image, room, next + 8 * (uint64_t)(bit - 1));
			}
		}
		next += 8 * UINT64_C(63);
	}
}

/* range_of - a table of the dynamic section: address and size, cut to what the file has */
static struct elf_range range_of(const struct elf_image *image, uint64_t vaddr, uint64_t size)
{
	struct elf_range range = elf_image_at(image, vaddr);

	if (range.size > size) {
		range.size = size;
	}
	return range;
}

static void read_dynamic(struct elf_image *image, struct elf_range table)
{
	uint64_t rela = 0, rela_size = 0, relr = 0, relr_size = 0;
	GElf_Ehdr ehdr;
	size_t at, room = 0;

	for (at = 0; table.size - at >= sizeof(Elf64_Dyn); at += sizeof(Elf64_Dyn)) {
		uint64_t tag = elf_range_u64(table, at), value = elf_range_u64(table, at + 8);

		if (tag == DT_NULL) {
			break;
		}
		rela = tag == DT_RELA ? value : rela;
		rela_size = tag == DT_RELASZ ? value : rela_size;
		relr = tag == DT_RELR ? value : relr;
		relr_size = tag == DT_RELRSZ ? value : relr_size;
	}
	if (!gelf_getehdr(image->elf, &ehdr)) {
		return;
	}
	read_rela(image, &room, range_of(image, rela, rela_size), ehdr.e_machine == EM_AARCH64);
	read_relr(image, &room, range_of(image, relr, relr_size));
}

const struct elf_relocation *elf_image_relocations(struct elf_image *image, size_t *count)
{
	size_t phdrs = 0, i;
	GElf_Phdr phdr;
	bool sorted = true;

	if (image->relocations_read) {
		*count = image->relocation_count;
		return image->relocations;
	}
	image->relocations_read = true;
	if (is_native(image) && !elf_getphdrnum(image->elf, &phdrs)) {
		for (i = 0; i < phdrs && gelf_getphdr(image->elf, (int)i, &phdr); i++) {
			if (phdr.p_type == PT_DYNAMIC &&
			    in_file(image, phdr.p_offset, phdr.p_filesz)) {
				read_dynamic(image,
					     (struct elf_range){image->bytes + phdr.p_offset,
								phdr.p_filesz, phdr.p_vaddr});
				break;
			}
		}
	}
	for (i = 1; i < image->relocation_count && sorted; i++) {
		sorted = image->relocations[i - 1].at <= image->relocations[i].at;
	}
	if (!sorted) {
		qsort(image->relocations, image->relocation_count, sizeof(*image->relocations),
		      compare_relocations);
	}
	*count = image->relocation_count;
	return image->relocations;
}

bool elf_image_pointer(struct elf_image *image, uint64_t vaddr, uint64_t *value)
{
	struct elf_relocation wanted = {vaddr, 0};
	const struct elf_relocation *found = NULL;
	struct elf_range range;
	size_t count;

	elf_image_relocations(image, &count);
	if (count) {
		found = bsearch(&wanted, image->relocations, count, sizeof(wanted),
				compare_relocations);
	}
	if (found) {
		*value = found->value;
		return true;
	}
	range = elf_image_at(image, vaddr);
	if (range.size < 8 || !is_native(image)) {
		return false;
	}
	*value = elf_range_u64(range, 0);
	return true;
}
