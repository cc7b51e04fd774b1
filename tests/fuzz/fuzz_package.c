/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/name_package.o tools/elf_image.o tools/mem.o tools/err.o */
/* fuzz_package - any bytes as a package of split debug information
 *
 * make fuzz && build/fuzz/fuzz_package -max_len=65536 corpus/
 *
 * What must hold: no sanitizer report, an end within the time limit, and units that are read back
 * as ELF files. */
#include "elf_image.h"
#include "mem.h"
#include "name_package.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct name_package *package, uint64_t id)
{
	int fd = name_package_file(package, id);
	struct elf_image *unit;
	char path[32];

	if (fd < 0) {
		return;
	}
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	if (elf_image_open(&unit, path, NULL)) {
		abort();
	}
	elf_image_free(unit);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_range index = {0};
	struct name_package *package;
	struct elf_image *image;
	size_t slot;

	if (elf_image_take(&image, "fuzz", mem_copy(data, size), size, NULL)) {
		return 0;
	}
	elf_image_section(image, ".debug_cu_index", &index);
	package = name_package_of(image);
	for (slot = 0; package && slot < 8; slot++) {
		look(package, elf_range_u64(index, 16 + 8 * slot));
	}
	name_package_free(package);
	return 0;
}
