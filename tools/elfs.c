/* SPDX-License-Identifier: Apache-2.0 */
/* Finding files by path and by build-id.
 *
 * elfs_try() is the one place that decides whether a file is the right one. It keeps what was wrong
 * with the first candidate that was not, so that the caller can say why there are no names. */
#include "elfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elfs_vdso.h"
#include "mem.h"

#define DELETED	  " (deleted)"
#define DEBUG_DIR "/usr/lib/debug"
#define NS_PER_S  INT64_C(1000000000)

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

bool elfs_try(struct elfs_found *found, const char *build_id, char *path, const char *how)
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

void elfs_found_free(struct elfs_found *found)
{
	free(found->differs);
	free(found->differs_id);
}

/* valid_id - hex digits: what a path may be made of */
static bool valid_id(const char *build_id)
{
	size_t length = build_id ? strlen(build_id) : 0;

	return length >= 4 && strspn(build_id, "0123456789abcdefABCDEF") == length;
}

bool elfs_try_build_id(struct elfs_found *found, const char *build_id, const char *folder,
		       const char *end)
{
	if (!valid_id(build_id)) {
		return false;
	}
	return elfs_try(found, build_id,
			mem_print("%s/.build-id/%.2s/%s%s", folder, build_id, build_id + 2, end),
			"build-id");
}

bool elfs_try_remote(struct elfs_found *found, const char *build_id, enum elfs_remote what)
{
	char *path = valid_id(build_id) ? elfs_remote_find(build_id, what) : NULL;

	return path && elfs_try(found, build_id, path, "debuginfod");
}

void elfs_roots(const struct name_options *options, bool known, struct elfs_roots *roots)
{
	roots->count = 0;
	if (options->pid > 0) {
		snprintf(roots->process, sizeof(roots->process), "/proc/%d/root",
			 (int)options->pid);
		roots->list[roots->count++] = roots->process;
	}
	if (options->symfs) {
		roots->list[roots->count++] = options->symfs;
	}
	if (known || !options->symfs) {
		roots->list[roots->count++] = "";
	}
}

/* try_place - a file that stands where the dump says. Without a build-id only time tells whether it
 * still is the one: @gone  it was deleted before the dump, so this is another one */
static bool try_place(struct elfs_found *found, const struct name_options *options, const char *id,
		      bool gone, char *path, const char *how)
{
	struct stat status;

	if (id || stat(path, &status)) {
		return elfs_try(found, id, path, how);
	}
	if (gone || (options->then_ns && status.st_mtim.tv_sec > options->then_ns / NS_PER_S)) {
		if (!found->bad.text[0]) {
			err_set(&found->bad, "%s: is another file than the dump's%s", path,
				gone ? "" : ", or was changed since, and has no build-id");
		}
		free(path);
		return false;
	}
	return elfs_try(found, id, path, how);
}

static bool try_mapping(struct elfs_found *found, pid_t pid, const struct name_module *module)
{
	return elfs_try(found, module->build_id,
			mem_print("/proc/%d/map_files/%llx-%llx", (int)pid,
				  (unsigned long long)module->start,
				  (unsigned long long)module->end),
			"/proc/PID/map_files");
}

/* try_process - the file as the process sees it: in its own root, beside what belongs to it, or the
 * mapping itself, which stays readable after the file was deleted or replaced, but to few. Where no
 * build-id tells what stands in the root, the mapping goes first. */
static bool try_process(struct elfs_found *found, const struct name_options *options,
			const struct name_module *module, const char *path, bool gone)
{
	const char *id = module->build_id;
	const pid_t pid = options->pid;

	return pid > 0 &&
	       ((!id && try_mapping(found, pid, module)) ||
		try_place(found, options, id, gone, mem_print("/proc/%d/root%s", (int)pid, path),
			  "/proc/PID/root") ||
		(id && try_mapping(found, pid, module)));
}

static bool try_searches(const struct name_options *options, const char *id, const char *path,
			 struct elfs_found *found)
{
	size_t i;

	for (i = 0; i < options->search_count; i++) {
		const char *folder = options->searches[i];

		if (elfs_try(found, id, mem_print("%s/%s", folder, base_name(path)), "search") ||
		    elfs_try(found, id, mem_print("%s%s", folder, path), "search") ||
		    elfs_try_build_id(found, id, folder, "") ||
		    elfs_try_build_id(found, id, folder, ".debug")) {
			return true;
		}
	}
	return false;
}

/* try_debug_dirs - Fedora links the files themselves there, too, Debian their debug files only */
static bool try_debug_dirs(const struct name_options *options, const char *id,
			   struct elfs_found *found)
{
	struct elfs_roots roots;
	bool done = false;
	size_t i;

	elfs_roots(options, true, &roots);
	for (i = 0; i < roots.count && !done; i++) {
		char *folder = mem_print("%s%s", roots.list[i], DEBUG_DIR);

		done = elfs_try_build_id(found, id, folder, "") ||
		       elfs_try_build_id(found, id, folder, ".debug");
		free(folder);
	}
	return done;
}

static bool search(const struct name_options *options, const struct name_module *module,
		   const char *path, bool gone, struct elfs_found *found)
{
	const char *id = module->build_id, *symfs = options->symfs;

	/* A living process first: its file may have been replaced under the same path, and where
	 * the dump has no build-id, only the process knows. */
	return try_process(found, options, module, path, gone) ||
	       (symfs && elfs_try(found, id, mem_print("%s%s", symfs, path), "symfs")) ||
	       ((!symfs || id) && try_place(found, options, id, gone, mem_string(path), "path")) ||
	       try_searches(options, id, path, found) || try_debug_dirs(options, id, found) ||
	       elfs_try_remote(found, id, ELFS_REMOTE_EXECUTABLE) ||
	       elfs_try_remote(found, id, ELFS_REMOTE_DEBUGINFO);
}

void elfs_find(const struct name_options *options, const struct name_module *module,
	       struct elfs_found *found)
{
	char *path;
	size_t length;
	bool gone;

	memset(found, 0, sizeof(*found));
	found->state = NAME_FILE_ANONYMOUS;
	if (module->path && strcmp(module->path, "[vdso]") == 0) {
		found->image = elfs_vdso(module->build_id);
		found->how = "this kernel";
		found->state = found->image ? NAME_FILE_OK : NAME_FILE_ANONYMOUS;
		return;
	}
	if (elfs_anonymous(module->path)) {
		return;
	}
	path = mem_string(module->path);
	length = strlen(path);
	gone = length > strlen(DELETED) && strcmp(path + length - strlen(DELETED), DELETED) == 0;
	if (gone) {
		path[length - strlen(DELETED)] = 0;
	}
	if (!search(options, module, path, gone, found)) {
		found->state = found->differs	    ? NAME_FILE_DIFFERS
			       : found->bad.text[0] ? NAME_FILE_BAD
						    : NAME_FILE_MISSING;
	}
	free(path);
}
