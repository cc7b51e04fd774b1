/* SPDX-License-Identifier: Apache-2.0 */
/* name_answers - what was answered, by the address in a file
 *
 * Frames belong to the namer and live as long as it does; an answer stays where it is only until
 * the next one is looked for. */
#ifndef LEAKTRACK_TOOLS_NAME_ANSWERS_H
#define LEAKTRACK_TOOLS_NAME_ANSWERS_H

#include <stddef.h>
#include <stdint.h>

#include "name.h"

struct name_answer {
	uint64_t vaddr;
	const struct name_frame *frames; /* NULL: not answered yet */
	uint32_t count;
};

/* A hash table, half full at most. Zeroed, it is empty; .list is freed by the owner. */
struct name_answers {
	struct name_answer *list;
	size_t count, room;
};

/* name_answers_at - the answer of an address; where it has none yet, a place for it, which must be
 * filled by name_answers_put() before the next call */
struct name_answer *name_answers_at(struct name_answers *answers, uint64_t vaddr);

void name_answers_put(struct name_answers *answers, struct name_answer *place, uint64_t vaddr,
		      const struct name_frame *frames, size_t count);

#endif
