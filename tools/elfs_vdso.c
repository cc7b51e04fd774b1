/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of our own vdso, read where /proc/self/maps says that it is. */
#include "elfs_vdso.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mem.h"

static bool find_mapping(unsigned long *start, unsigned long *end)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char *line = NULL;
	size_t room = 0;
	bool found = false;

	while (maps && !found && getline(&line, &room, maps) > 0) {
		found = strstr(line, " [vdso]\n") && sscanf(line, "%lx-%lx", start, end) == 2;
	}
	free(line);
	if (maps) {
		fclose(maps);
	}
	return found;
}

struct elf_image *elfs_vdso(const char *build_id)
{
	struct elf_image *image;
	unsigned long start, end;

	if (!build_id || !find_mapping(&start, &end) ||
	    elf_image_take(&image, "[vdso]", mem_copy((const void *)start, end - start),
			   end - start, NULL)) {
		return NULL;
	}
	if (!image->build_id || strcasecmp(build_id, image->build_id) != 0) {
		elf_image_free(image);
		return NULL;
	}
	return image;
}
