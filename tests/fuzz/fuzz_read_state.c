/* SPDX-License-Identifier: Apache-2.0 */
/* objects: tools/read_state.o tools/estimate.o tools/profile.o tools/finder.o tools/mem.o */
/* objects: tools/err.o */
/* fuzz_read_state - any bytes behind a state file's magic, through its reader
 *
 * make fuzz && build/fuzz/fuzz_read_state -max_len=16384 corpus/
 *
 * What must hold: no sanitizer report. The header's first fields are set right, so that time is not
 * spent on finding them. */
#include "read_state.h"

#include "lib/layout.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct profile *profile = profile_new();
	struct err err = {0};
	char *bytes = malloc(size + 1);

	memcpy(bytes, data, size);
	if (size >= LAYOUT_HEADER_BYTES) {
		struct layout_header *header = (void *)bytes;
		header->magic = LAYOUT_MAGIC;
		header->version = LAYOUT_VERSION;
		header->header_bytes = LAYOUT_HEADER_BYTES;
		header->epoch %= LAYOUT_EPOCHS;
		header->name_bytes %= LAYOUT_NAME_MAX;
		for (int i = 0; i < LAYOUT_REGIONS; i++) {
			header->windows[i].offset = header->windows[i].offset % size / 8 * 8;
		}
	}
	read_state(bytes, size, profile, &err);
	free(bytes);
	profile_free(profile);
	return 0;
}
