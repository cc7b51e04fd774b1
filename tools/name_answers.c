/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing, by Fibonacci hashing of the address. */
#include "name_answers.h"

#include <stdlib.h>

#include "mem.h"

static size_t slot_of(const struct name_answers *answers, uint64_t vaddr)
{
	size_t mask = answers->room - 1;
	size_t slot = (size_t)(vaddr * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;

	while (answers->list[slot].frames && answers->list[slot].vaddr != vaddr) {
		slot = (slot + 1) & mask;
	}
	return slot;
}

static void grow(struct name_answers *answers)
{
	struct name_answer *old = answers->list;
	size_t room = answers->room, i;

	answers->room = room ? room * 2 : 256;
	answers->list = mem_zero(answers->room, sizeof(*answers->list));
	for (i = 0; i < room; i++) {
		if (old[i].frames) {
			answers->list[slot_of(answers, old[i].vaddr)] = old[i];
		}
	}
	free(old);
}

struct name_answer *name_answers_at(struct name_answers *answers, uint64_t vaddr)
{
	if (answers->count * 2 >= answers->room) {
		grow(answers);
	}
	return &answers->list[slot_of(answers, vaddr)];
}

void name_answers_put(struct name_answers *answers, struct name_answer *place, uint64_t vaddr,
		      const struct name_frame *frames, size_t count)
{
	*place = (struct name_answer){vaddr, frames, (uint32_t)count};
	answers->count++;
}
