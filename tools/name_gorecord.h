/* SPDX-License-Identifier: Apache-2.0 */
/* name_gorecord - one function's record in Go's table, and the tables that it refers to
 *
 * The lower half of name_gopclntab.h, for its own files only: where fields lie in each layout, the
 * steps of (value, PC) tables, nodes of inline trees. What is unreadable is 0, -1 or NULL. */
#ifndef LEAKTRACK_TOOLS_NAME_GORECORD_H
#define LEAKTRACK_TOOLS_NAME_GORECORD_H

#include "name_gopclntab.h"

struct gorecord_shape;

struct gorecord {
	struct elf_range bytes;
	const struct gorecord_shape *shape;
	uint64_t entry, end; /* of the function's code */
	unsigned steps_left; /* what may still be read of its tables: a hostile one is long, and may
			      * be asked again and again */
};

/* A walk along a table: until .pc the value is .value. */
struct gorecord_steps {
	size_t at;
	uint64_t pc;
	int32_t value;
	bool started;
};

/* A node of an inline tree: the function that was inlined, and where it was called. */
struct gorecord_node {
	uint32_t name, parent_pc, start_line;
	unsigned id;
};

/* gorecord_pair_size - bytes of one entry (PC, offset) of the function table */
unsigned gorecord_pair_size(const struct gopclntab *tab);

/* gorecord_entry - address of a function; @index function_count: the end of the last one */
uint64_t gorecord_entry(const struct gopclntab *tab, uint32_t index);

bool gorecord_get(const struct gopclntab *tab, uint32_t index, struct gorecord *record);
const char *gorecord_name(const struct gopclntab *tab, const struct gorecord *record);
unsigned gorecord_start_line(const struct gorecord *record); /* 0: not in this layout */

/* gorecord_id - number of a function that the runtime treats specially; 0: none of these */
unsigned gorecord_id(const struct gorecord *record);

const char *gorecord_file(const struct gopclntab *tab, struct gorecord *record, uint64_t pc);
unsigned gorecord_line(const struct gopclntab *tab, struct gorecord *record, uint64_t pc);

/* gorecord_inline_table - of the numbers of inline nodes; 0: nothing was inlined */
uint32_t gorecord_inline_table(const struct gorecord *record);

/* gorecord_tree - the bytes of the inline tree */
struct elf_range gorecord_tree(const struct gopclntab *tab, const struct gorecord *record);

bool gorecord_node(const struct gopclntab *tab, struct elf_range tree, int32_t index,
		   struct gorecord_node *node);

/* gorecord_value - the value of a table at a PC; -1: none, which is also how 'no node' is written
 * @table  its offset, from the record */
int32_t gorecord_value(const struct gopclntab *tab, struct gorecord *record, uint32_t table,
		       uint64_t pc);

/* gorecord_steps, gorecord_step - walk along a table from its start; false: it has ended */
void gorecord_steps(struct gorecord_steps *steps, const struct gorecord *record, uint32_t table);
bool gorecord_step(struct gorecord_steps *steps, const struct gopclntab *tab,
		   struct gorecord *record);

#endif
