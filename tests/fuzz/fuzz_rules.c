/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/rules_cfi.o lib/cfi.o lib/ehframe.o lib/rules_code.o lib/insn.o lib/rule.o */
/* objects: lib/insn_form.o */
/* objects: lib/modules.o tests/unit/fake_next.o lib/sys.o */
/* fuzz_rules - any bytes as a module's unwind tables, and as its code
 *
 * make fuzz && build/fuzz/fuzz_rules -max_len=4096 corpus/
 *
 * What must hold: no sanitizer report, no byte read behind the module (a page that cannot be read
 * comes there), an end within the time limit, and a rule that is one. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "rule.h"
#include "rules_cfi.h"
#include "rules_code.h"

#define PAGES 8192u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct module *m, uintptr_t pc)
{
	uint32_t rule = 0;

	if (rules_cfi_learn(m, pc, &rule) == RULES_CFI_FOUND && rule_kind(rule) == RULE_NONE) {
		abort();
	}
	(void)rules_cfi_starts(m, pc);
	for (int exact = 0; exact < 2; exact++) {
		if (rules_code_learn(m, pc, exact, &rule) && rule >= 1u << RULE_BITS) {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t form[4] = {1, 0x1b, 0x03,
					0x3b}; /* .eh_frame_hdr as linkers write it */
	static uint8_t *image;
	Elf64_Phdr ph = {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_filesz = PAGES};
	struct module m = {.ph = &ph, .n_ph = 1};

	if (!image) {
		image = mmap(NULL, PAGES + 4096, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (image == MAP_FAILED || mprotect(image + PAGES, 4096, PROT_NONE) != 0) {
			abort();
		}
	}
	size = size < PAGES - 4 ? size : PAGES - 4;
	memcpy(image, form, sizeof form);
	memcpy(image + 4, data, size);
	memset(image + 4 + size, 0, PAGES - 4 - size);
	m.start = m.bias = m.eh_frame_hdr = (uintptr_t)image;
	m.end = m.start + PAGES;
	ph.p_memsz = PAGES;
	for (unsigned i = 0; i < 8; i++) {
		int32_t code;

		memcpy(&code, image + 12 + 8 * i, sizeof code);
		look(&m, m.start + (uintptr_t)(intptr_t)code + 1);
		look(&m, m.start + (uintptr_t)(intptr_t)code + 9);
		look(&m, m.start + 97 + 131 * i);
	}
	look(&m, m.end - 8);
	look(&m, m.end);
	return 0;
}
