/* SPDX-License-Identifier: Apache-2.0 */
/*
 * next.c - the next definition of a name, by the loader's list of libraries and their hash tables
 *
 * The list (_r_debug, link_map) stands in the order that dlsym searches: the program, what was
 * preloaded, then what it needs, breadth first. What is loaded later stands at its end.
 *
 * As the loader does, of several versions of a symbol the default is taken: the one whose version
 * is not hidden. GNU hash table: header (buckets, first symbol, words of the bloom filter, shift),
 * bloom filter, buckets, then for each symbol its hash, the last of a bucket with bit 0 set.
 */
#include "next.h"

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VERSION_HIDDEN 0x8000u

struct table {
	uintptr_t bias;
	const uint32_t *hash;
	const Elf64_Sym *symbols;
	const char *strings;
	const Elf64_Half *versions; /* NULL: none */
	bool other;		    /* it has a hash table of the old kind only */
};

/* Our own dynamic section: known without a relocation. */
extern const Elf64_Dyn own_dynamic[] __asm__("_DYNAMIC") __attribute__((visibility("hidden")));

/* glibc relocates the pointers of a dynamic section in place. */
static const void *pointer(const struct link_map *map, const Elf64_Dyn *d)
{
	return (const void *)(d->d_un.d_ptr < map->l_addr ? d->d_un.d_ptr + map->l_addr
							  : d->d_un.d_ptr);
}

static struct table table_of(const struct link_map *map)
{
	struct table t = {.bias = map->l_addr};

	for (const Elf64_Dyn *d = map->l_ld; d != NULL && d->d_tag != DT_NULL; d++) {
		switch (d->d_tag) {
		case DT_GNU_HASH:
			t.hash = pointer(map, d);
			break;
		case DT_SYMTAB:
			t.symbols = pointer(map, d);
			break;
		case DT_STRTAB:
			t.strings = pointer(map, d);
			break;
		case DT_VERSYM:
			t.versions = pointer(map, d);
			break;
		case DT_HASH:
			t.other = true;
			break;
		default:
			break;
		}
	}
	t.other = t.other && t.hash == NULL;
	return t;
}

static uint32_t hash_of(const char *name)
{
	uint32_t hash = 5381;

	for (const char *c = name; *c != '\0'; c++) {
		hash = hash * 33 + (unsigned char)*c;
	}
	return hash;
}

static bool defines(const struct table *t, uint32_t i, const char *name)
{
	const Elf64_Sym *s = &t->symbols[i];

	return s->st_shndx != SHN_UNDEF && s->st_value != 0 &&
	       (t->versions == NULL || (t->versions[i] & VERSION_HIDDEN) == 0) &&
	       strcmp(t->strings + s->st_name, name) == 0;
}

static const Elf64_Sym *look(const struct table *t, const char *name, uint32_t hash)
{
	uint32_t buckets = t->hash[0], first = t->hash[1], words = t->hash[2], shift = t->hash[3];
	const uint64_t *bloom = (const uint64_t *)(t->hash + 4);
	const uint32_t *bucket = (const uint32_t *)(bloom + words);
	const uint32_t *chain = bucket + buckets;
	uint64_t bits = bloom[hash / 64 & (words - 1)];

	if ((bits >> hash % 64 & bits >> (hash >> shift) % 64 & 1) == 0) {
		return NULL;
	}
	uint32_t i = bucket[hash % buckets];

	if (i < first) {
		return NULL;
	}
	for (;; i++) {
		if (((chain[i - first] ^ hash) | 1) == 1 && defines(t, i, name)) {
			return &t->symbols[i];
		}
		if ((chain[i - first] & 1) != 0) {
			return NULL;
		}
	}
}

bool next_find(const char (*names)[NEXT_NAME], unsigned n, void **found)
{
	const struct link_map *map = _r_debug.r_map;
	uint32_t hashes[NEXT_MOST];
	bool certain = n <= NEXT_MOST;

	for (unsigned i = 0; certain && i < n; i++) {
		found[i] = NULL;
		hashes[i] = hash_of(names[i]);
	}
	while (map != NULL && map->l_ld != own_dynamic) {
		map = map->l_next;
	}
	map = map != NULL ? map->l_next : NULL;
	for (; certain && map != NULL; map = map->l_next) {
		struct table t = table_of(map);

		if (t.hash == NULL || t.hash[0] == 0 || t.symbols == NULL || t.strings == NULL) {
			certain = !t.other;
			continue;
		}
		for (unsigned i = 0; i < n; i++) {
			const Elf64_Sym *s = found[i] ? NULL : look(&t, names[i], hashes[i]);

			if (s != NULL) {
				found[i] = (void *)(t.bias + s->st_value);
				certain = certain && ELF64_ST_TYPE(s->st_info) == STT_FUNC;
			}
		}
	}
	return certain;
}
