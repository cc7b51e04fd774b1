/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/name_gopclntab.o tools/name_gorecord.o tools/name_goprobe.o tools/err.o */
/* fuzz_gopclntab - any bytes as Go's function table, its inline trees included
 *
 * make fuzz && build/fuzz/fuzz_gopclntab -max_len=4096 corpus/
 *
 * What must hold: no sanitizer report, no more frames than there is room for, an end within the
 * time limit, and a name that ends. */
#include "name_gopclntab.h"

#include <stdlib.h>
#include <string.h>

#define TABLE 0x600000U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Trees lie in the table itself here: the fuzzer has one input. */
static struct elf_range memory(void *context, uint64_t vaddr)
{
	const struct elf_range *table = context;
	uint64_t at = vaddr - table->vaddr;

	if (at >= table->size) {
		return (struct elf_range){0};
	}
	return (struct elf_range){table->bytes + at, table->size - at, vaddr};
}

static void look(const struct gopclntab *tab, uint64_t pc)
{
	static struct gopclntab_frame frames[GOPCLNTAB_FRAMES_MOST];
	char buffer[64];
	size_t count = gopclntab_lookup(tab, pc, frames), i;

	if (count > GOPCLNTAB_FRAMES_MOST) {
		abort();
	}
	for (i = 0; i < count; i++) {
		if (frames[i].name) {
			gopclntab_print_name(frames[i].name, buffer, sizeof(buffer));
		}
		if (frames[i].file && strlen(frames[i].file) > 1 << 20) {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_range table = {data, size, TABLE};
	const uint64_t bases[] = {TABLE, TABLE + size / 2};
	struct gopclntab_function function;
	struct gopclntab tab;
	uint32_t i;

	if (gopclntab_open(&tab, table, size % 2 ? 0x401000 : 0, memory, &table, NULL)) {
		return 0;
	}
	gopclntab_probe_trees(&tab, bases, 2);
	gopclntab_probe_wrappers(&tab);
	for (i = 0; i < tab.function_count && i < 16; i++) {
		if (gopclntab_function(&tab, i, &function)) {
			tab.trees = true;
			look(&tab, function.entry);
			look(&tab, function.entry + (function.end - function.entry) / 2);
			look(&tab, function.end - 1);
		}
	}
	look(&tab, size);
	return 0;
}
