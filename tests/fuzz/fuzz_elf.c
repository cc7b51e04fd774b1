/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/elf_unpack.o tools/name_package.o */
/* objects: tools/name_dwarf.o tools/name_scopes.o tools/name_spans.o tools/name_symbols.o */
/* objects: tools/name_gofind.o */
/* objects: tools/name_gopclntab.o tools/name_gorecord.o tools/name_goprobe.o */
/* objects: tools/elf_image.o tools/demangle.o tools/mem.o tools/err.o */
/* fuzz_elf - any bytes as a program file: segments, build-id, relocations, symbols, DWARF, Go
 * tables
 *
 * make fuzz && build/fuzz/fuzz_elf -max_len=65536 corpus/
 *
 * What must hold: no sanitizer report in our code, an end within the time limit. */
#include "elf_image.h"
#include "mem.h"
#include "name_dwarf.h"
#include "name_gofind.h"
#include "name_symbols.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(struct elf_image *image, struct name_dwarf *dwarf, struct gofind *go,
		 const struct name_symbols *symbols, uint64_t vaddr)
{
	static struct name_frame frames[NAME_DWARF_FRAMES_MOST];
	static struct gopclntab_frame go_frames[GOPCLNTAB_FRAMES_MOST];
	uint64_t value;

	elf_image_pointer(image, vaddr, &value);
	elf_image_vaddr_mapped(image, vaddr & 4095, 4096, &value);
	name_symbols_at(symbols, vaddr);
	if (go) {
		gopclntab_lookup(&go->tab, vaddr, go_frames);
	}
	if (dwarf && name_dwarf_lookup(dwarf, vaddr, frames) > NAME_DWARF_FRAMES_MOST) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct name_symbols symbols = {.strings = mem_pool_new()};
	struct name_dwarf *dwarf;
	struct elf_image *image;
	struct gofind *go;
	uint64_t vaddr;
	size_t at;

	if (!elf_image_take(&image, "fuzz", mem_copy(data, size), size, NULL)) {
		name_symbols_add(&symbols, image);
		name_symbols_add_plt(&symbols, image);
		name_symbols_sort(&symbols);
		elf_image_free(name_symbols_mini(image));
		go = gofind_open(image);
		dwarf = name_dwarf_open(image, NULL, image, symbols.strings);
		for (at = 0; at < size; at += 1 + size / 64) {
			if (elf_image_vaddr(image, at, &vaddr)) {
				look(image, dwarf, go, &symbols, vaddr);
			}
		}
		name_dwarf_free(dwarf);
		gofind_free(go);
		elf_image_free(image);
	}
	name_symbols_free(&symbols);
	mem_pool_free(symbols.strings);
	return 0;
}
