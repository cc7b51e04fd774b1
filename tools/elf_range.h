/* SPDX-License-Identifier: Apache-2.0 */
/* elf_range - bounded bytes of a file, and reads that cannot leave them
 *
 * A read outside of the range gives 0, an empty range or NULL: one place to be right, and no error
 * paths in the readers. Numbers are little-endian. */
#ifndef LEAKTRACK_TOOLS_ELF_RANGE_H
#define LEAKTRACK_TOOLS_ELF_RANGE_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* bytes NULL and size 0: there is none */
struct elf_range {
	const unsigned char *bytes;
	size_t size;
	uint64_t vaddr; /* of the first byte; 0 where it is not loaded */
};

static inline unsigned elf_range_u8(struct elf_range range, uint64_t at)
{
	return at < range.size ? range.bytes[at] : 0;
}

static inline uint32_t elf_range_u32(struct elf_range range, uint64_t at)
{
	uint32_t value;

	if (range.size < sizeof(value) || at > range.size - sizeof(value)) {
		return 0;
	}
	memcpy(&value, range.bytes + at, sizeof(value));
	return le32toh(value);
}

static inline uint64_t elf_range_u64(struct elf_range range, uint64_t at)
{
	uint64_t value;

	if (range.size < sizeof(value) || at > range.size - sizeof(value)) {
		return 0;
	}
	memcpy(&value, range.bytes + at, sizeof(value));
	return le64toh(value);
}

/* elf_range_tail - the range from an offset on; empty when that is outside */
static inline struct elf_range elf_range_tail(struct elf_range range, uint64_t at)
{
	if (at >= range.size) {
		return (struct elf_range){0};
	}
	range.bytes += at;
	range.size -= at;
	range.vaddr += at;
	return range;
}

/* elf_range_string - a string that ends inside the range; NULL: none there */
static inline const char *elf_range_string(struct elf_range range, uint64_t at)
{
	range = elf_range_tail(range, at);
	if (!range.size || !memchr(range.bytes, 0, range.size)) {
		return NULL;
	}
	return (const char *)range.bytes;
}

#endif
