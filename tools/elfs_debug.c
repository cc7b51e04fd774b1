/* SPDX-License-Identifier: Apache-2.0 */
/* Debug files and supplements, in the folders that debuggers look in, under each root. */
#include "elfs_debug.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "elfs.h"
#include "mem.h"

#define DEBUG_DIR     "/usr/lib/debug"
#define ID_BYTES_MOST 64

/* try_id - by build-id in each search folder and under each root */
static bool try_id(const struct name_options *options, const char *id, struct elfs_found *found)
{
	struct elfs_roots roots;
	size_t i;

	for (i = 0; i < options->search_count; i++) {
		if (elfs_try_build_id(found, id, options->searches[i], ".debug")) {
			return true;
		}
	}
	elfs_roots(options, true, &roots);
	for (i = 0; i < roots.count; i++) {
		char *folder = mem_print("%s%s", roots.list[i], DEBUG_DIR);
		bool done = elfs_try_build_id(found, id, folder, ".debug");

		free(folder);
		if (done) {
			return true;
		}
	}
	return false;
}

struct link {
	const char *name;
	uint32_t crc;
	char *folder; /* of the file that has the link, from malloc */
};

static bool read_link(const struct elf_image *image, struct link *link)
{
	struct elf_range range;
	char *real, *slash;
	size_t length;

	if (!elf_image_section(image, ".gnu_debuglink", &range)) {
		return false;
	}
	link->name = (const char *)range.bytes;
	length = strnlen(link->name, range.size);
	if (!length || (length | 3) + 5 > range.size || strchr(link->name, '/')) {
		return false;
	}
	memcpy(&link->crc, range.bytes + (length | 3) + 1, sizeof(link->crc));
	link->crc = le32toh(link->crc);
	real = realpath(image->path, NULL);
	link->folder = real ? real : mem_string(image->path);
	slash = strrchr(link->folder, '/');
	link->folder[slash ? slash - link->folder : 0] = 0;
	return true;
}

/* open_linked - @path is freed.  The checksum is zlib's, over the whole file. */
static struct elf_image *open_linked(const struct elf_image *image, const struct link *link,
				     char *path)
{
	struct elf_image *debug = NULL;
	bool right = !elf_image_open(&debug, path, NULL) && debug->size != image->size &&
		     (!debug->build_id || !image->build_id ||
		      strcmp(debug->build_id, image->build_id) == 0) &&
		     (uint32_t)crc32_z(0, debug->bytes, debug->size) == link->crc;

	free(path);
	if (!right) {
		elf_image_free(debug);
		debug = NULL;
	}
	return debug;
}

/* below - the rest of a folder that lies under a root, or all of it */
static const char *below(const char *root, const char *folder)
{
	char *real = *root ? realpath(root, NULL) : NULL;
	size_t length = real ? strlen(real) : 0;
	bool inside = real && length > 1 && strncmp(folder, real, length) == 0 &&
		      (folder[length] == '/' || !folder[length]);

	free(real);
	return folder + (inside ? length : 0);
}

static struct elf_image *debug_by_link(const struct name_options *options,
				       const struct elf_image *image)
{
	struct link link = {0};
	struct elf_image *debug = NULL;
	struct elfs_roots roots;
	size_t i;

	if (!read_link(image, &link)) {
		return NULL;
	}
	debug = open_linked(image, &link, mem_print("%s/%s", link.folder, link.name));
	if (!debug) {
		debug = open_linked(image, &link,
				    mem_print("%s/.debug/%s", link.folder, link.name));
	}
	for (i = 0; i < options->search_count && !debug; i++) {
		debug = open_linked(image, &link,
				    mem_print("%s/%s", options->searches[i], link.name));
	}
	elfs_roots(options, true, &roots);
	for (i = 0; i < roots.count && !debug; i++) {
		const char *root = roots.list[i];

		debug = open_linked(image, &link,
				    mem_print("%s%s%s/%s", root, DEBUG_DIR,
					      below(root, link.folder), link.name));
	}
	free(link.folder);
	return debug;
}

struct elf_image *elfs_find_debug(const struct name_options *options, const struct elf_image *image,
				  const char **how)
{
	struct elfs_found found = {0};

	if (image->build_id) {
		try_id(options, image->build_id, &found);
	}
	if (!found.image) {
		found.image = debug_by_link(options, image);
		found.how = ".gnu_debuglink";
	}
	if (!found.image) {
		elfs_try_remote(&found, image->build_id, ELFS_REMOTE_DEBUGINFO);
	}
	elfs_found_free(&found);
	if (how) {
		*how = found.how;
	}
	return found.image;
}

/* read_altlink - a name and, behind it, a build-id; the hex digits come from malloc */
static char *read_altlink(const struct elf_image *image, const char **name)
{
	struct elf_range range;
	size_t length, count, i;
	char *id;

	if (!elf_image_section(image, ".gnu_debugaltlink", &range)) {
		return NULL;
	}
	*name = (const char *)range.bytes;
	length = strnlen(*name, range.size);
	if (length + 1 >= range.size || range.size - length - 1 > ID_BYTES_MOST) {
		return NULL;
	}
	count = range.size - length - 1;
	id = mem_alloc(2 * count + 1);
	for (i = 0; i < count; i++) {
		id[2 * i] = "0123456789abcdef"[range.bytes[length + 1 + i] >> 4];
		id[2 * i + 1] = "0123456789abcdef"[range.bytes[length + 1 + i] & 15];
	}
	id[2 * count] = 0;
	return id;
}

/* try_name - an absolute name under each root, and in search folders that stand for the debug
 * folder; a relative one beside the file that names it */
static bool try_name(const struct name_options *options, const struct elf_image *image,
		     const char *name, const char *id, struct elfs_found *found)
{
	const char *slash = strrchr(image->path, '/'), *inside = name;
	struct elfs_roots roots;
	size_t i;

	if (name[0] != '/') {
		return elfs_try(found, id,
				mem_print("%.*s/%s", slash ? (int)(slash - image->path) : 1,
					  slash ? image->path : ".", name),
				".gnu_debugaltlink");
	}
	if (strncmp(name, DEBUG_DIR "/", strlen(DEBUG_DIR "/")) == 0) {
		inside = name + strlen(DEBUG_DIR);
	}
	for (i = 0; i < options->search_count; i++) {
		if (elfs_try(found, id, mem_print("%s%s", options->searches[i], inside),
			     "search") ||
		    elfs_try(found, id, mem_print("%s%s", options->searches[i], name), "search")) {
			return true;
		}
	}
	elfs_roots(options, true, &roots);
	for (i = 0; i < roots.count; i++) {
		if (elfs_try(found, id, mem_print("%s%s", roots.list[i], name),
			     ".gnu_debugaltlink")) {
			return true;
		}
	}
	return false;
}

struct elf_image *elfs_find_supplement(const struct name_options *options,
				       const struct elf_image *image, const char **how)
{
	struct elfs_found found = {0};
	const char *name;
	char *id = read_altlink(image, &name);

	if (!id) {
		return NULL;
	}
	if (!try_id(options, id, &found) && !try_name(options, image, name, id, &found)) {
		elfs_try_remote(&found, id, ELFS_REMOTE_DEBUGINFO);
	}
	free(id);
	elfs_found_free(&found);
	*how = found.how;
	return found.image;
}
