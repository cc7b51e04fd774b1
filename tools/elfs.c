/* SPDX-License-Identifier: Apache-2.0 */
/* Finding files by path and by build-id.
 *
 * try() is the one place that decides whether a file is the right one. It keeps what was wrong
 * with the first candidate that was not, so that the caller can say why there are no names. */
#include "elfs.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "elfs_remote.h"
#include "mem.h"

#define DELETED	  " (deleted)"
#define DEBUG_DIR "/usr/lib/debug"

bool elfs_anonymous(const char *path)
{
	return !path || path[0] != '/' || path[1] == '/' || strncmp(path, "/memfd:", 7) == 0 ||
	       strncmp(path, "/SYSV", 5) == 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool same_id(const char *wanted, const struct elf_image *image)
{
	return !wanted || (image->build_id && strcasecmp(wanted, image->build_id) == 0);
}

/* try - take a file if it is the one; the path is freed.  Returns whether the search is over */
static bool try(struct elfs_found *found, const char *build_id, char *path, const char *how)
{
	struct elf_image *image;
	struct err err = {0};

	if (access(path, F_OK)) {
		free(path);
		return false;
	}
	if (elf_image_open(&image, path, &err)) {
		if (!found->bad.text[0]) {
			found->bad = err;
		}
		free(path);
		return false;
	}
	if (same_id(build_id, image)) {
		found->image = image;
		found->how = how;
		found->state = NAME_FILE_OK;
		free(path);
		return true;
	}
	if (!found->differs) {
		found->differs = path;
		found->differs_id = image->build_id ? mem_string(image->build_id) : NULL;
	} else {
		free(path);
	}
	elf_image_free(image);
	return false;
}

/* valid_id - hex digits: what a path may be made of */
static bool valid_id(const char *build_id)
{
	size_t length = build_id ? strlen(build_id) : 0;

	return length >= 4 && strspn(build_id, "0123456789abcdefABCDEF") == length;
}

/* try_build_id - DIR/.build-id/ab/cdef… with or without '.debug' */
static bool try_build_id(struct elfs_found *found, const char *build_id, const char *root,
			 const char *folder, const char *end)
{
	if (!valid_id(build_id)) {
		return false;
	}
	return try(found, build_id,
		   mem_print("%s%s/.build-id/%.2s/%s%s", root, folder, build_id, build_id + 2, end),
		   "build-id");
}

static bool try_remote(struct elfs_found *found, const char *build_id, enum elfs_remote what)
{
	char *path = valid_id(build_id) ? elfs_remote_find(build_id, what) : NULL;

	return path && try(found, build_id, path, "debuginfod");
}

/* try_process - the file as the process sees it: its own root, or the mapping itself, which
 * stays readable after the file was deleted or replaced */
static bool try_process(struct elfs_found *found, pid_t pid, const struct name_module *module,
			const char *path)
{
	if (pid <= 0) {
		return false;
	}
	return try(found, module->build_id, mem_print("/proc/%d/root%s", (int)pid, path),
		   "/proc/PID/root") ||
	       try(found, module->build_id,
		   mem_print("/proc/%d/map_files/%llx-%llx", (int)pid,
			     (unsigned long long)module->start, (unsigned long long)module->end),
		   "/proc/PID/map_files");
}

static bool search(const struct name_options *options, const struct name_module *module,
		   const char *path, struct elfs_found *found)
{
	const char *id = module->build_id;
	const char *root = options->symfs ? options->symfs : "";
	size_t i;

	/* A living process first: its file may have been replaced under the same path, and where
	 * the dump has no build-id, only the process knows. */
	if (try_process(found, options->pid, module, path) ||
	    try(found, id, mem_print("%s%s", root, path), options->symfs ? "symfs" : "path")) {
		return true;
	}
	for (i = 0; i < options->search_count; i++) {
		const char *folder = options->searches[i];

		if (try(found, id, mem_print("%s/%s", folder, base_name(path)), "search") ||
		    try(found, id, mem_print("%s%s", folder, path), "search") ||
		    try_build_id(found, id, "", folder, "") ||
		    try_build_id(found, id, "", folder, ".debug")) {
			return true;
		}
	}
	return try_build_id(found, id, root, DEBUG_DIR, "") ||
	       try_build_id(found, id, root, DEBUG_DIR, ".debug") ||
	       try_remote(found, id, ELFS_REMOTE_EXECUTABLE) ||
	       try_remote(found, id, ELFS_REMOTE_DEBUGINFO);
}

void elfs_find(const struct name_options *options, const struct name_module *module,
	       struct elfs_found *found)
{
	char *path;
	size_t length;

	memset(found, 0, sizeof(*found));
	found->state = NAME_FILE_ANONYMOUS;
	if (elfs_anonymous(module->path)) {
		return;
	}
	path = mem_string(module->path);
	length = strlen(path);
	if (length > strlen(DELETED) && strcmp(path + length - strlen(DELETED), DELETED) == 0) {
		path[length - strlen(DELETED)] = 0;
	}
	if (!search(options, module, path, found)) {
		found->state = found->differs	    ? NAME_FILE_DIFFERS
			       : found->bad.text[0] ? NAME_FILE_BAD
						    : NAME_FILE_MISSING;
	}
	free(path);
}

/* crc_matches - .gnu_debuglink's checksum is that of zlib, over the whole file */
static bool crc_matches(const struct elf_image *image, uint32_t wanted)
{
	return (uint32_t)crc32_z(0, image->bytes, image->size) == wanted;
}

static struct elf_image *debug_by_link(const char *root, const struct elf_image *image)
{
	struct elf_range link;
	const char *name;
	char *folder, *real;
	size_t length, i;
	uint32_t crc;
	struct elf_image *debug = NULL;

	if (!elf_image_section(image, ".gnu_debuglink", &link)) {
		return NULL;
	}
	name = (const char *)link.bytes;
	length = strnlen(name, link.size);
	if (!length || (length | 3) + 5 > link.size || strchr(name, '/')) {
		return NULL;
	}
	memcpy(&crc, link.bytes + (length | 3) + 1, sizeof(crc));
	real = realpath(image->path, NULL);
	folder = real ? real : mem_string(image->path);
	folder[strrchr(folder, '/') ? strrchr(folder, '/') - folder : 0] = 0;
	for (i = 0; i < 3 && !debug; i++) {
		char *path = i == 0   ? mem_print("%s/%s", folder, name)
			     : i == 1 ? mem_print("%s/.debug/%s", folder, name)
				      : mem_print("%s%s%s/%s", root, DEBUG_DIR, folder, name);

		if (!elf_image_open(&debug, path, NULL) &&
		    (!crc_matches(debug, le32toh(crc)) || debug->size == image->size)) {
			elf_image_free(debug);
			debug = NULL;
		}
		free(path);
	}
	free(folder);
	return debug;
}

struct elf_image *elfs_find_debug(const struct name_options *options, const struct elf_image *image)
{
	const char *root = options->symfs ? options->symfs : "";
	struct elfs_found found = {0};
	size_t i;

	for (i = 0; image->build_id && i < options->search_count && !found.image; i++) {
		try_build_id(&found, image->build_id, "", options->searches[i], ".debug");
	}
	if (image->build_id && !found.image) {
		try_build_id(&found, image->build_id, root, DEBUG_DIR, ".debug");
	}
	if (!found.image) {
		found.image = debug_by_link(root, image);
	}
	if (!found.image) {
		try_remote(&found, image->build_id, ELFS_REMOTE_DEBUGINFO);
	}
	free(found.differs);
	free(found.differs_id);
	return found.image;
}
