/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ehframe.h - the entry of a module's .eh_frame that covers a code address
 *
 * By the sorted table in .eh_frame_hdr, which the loader knows the place of. It reads memory of the
 * module only, inside its readable segments: no lock, no file, no system call.
 */
#ifndef LEAKTRACK_EHFRAME_H
#define LEAKTRACK_EHFRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "modules.h"

/* What a frame description entry (FDE) and its common part (CIE) say. */
struct ehframe {
	uintptr_t start, size;	  /* of the code */
	struct bytes common, own; /* the two programs that tell the frame: CIE's, then FDE's */
	uint64_t code_align;	  /* factors in them */
	int64_t data_align;
	uint64_t return_column;
	bool signal; /* what was interrupted, not called from */
};

enum ehframe_found {
	EHFRAME_FOUND,
	EHFRAME_NONE, /* no entry covers the address */
	EHFRAME_BAD,  /* one does, or might, but in a form that is not known here */
};

/* ehframe_find - the entry that covers @ip, an address in @m. Context: sample. */
enum ehframe_found ehframe_find(const struct module *m, uintptr_t ip, struct ehframe *f);

#endif
