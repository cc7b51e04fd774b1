/* SPDX-License-Identifier: Apache-2.0 */
/* Records of Go's function table, from runtime/runtime2.go (_func), symtab.go (pcvalue) and
 * symtabinl.go (inlinedCall), and their forms in Go 1.12 to 1.19.
 *
 * A record names tables of (value, PC) steps, run-length coded as two varints each: file, line,
 * and by index the inline tree node. It is followed by offsets of further tables (pcdata), then by
 * offsets or pointers of data (funcdata), one of which is the inline tree. */
#include "name_gorecord.h"

#define PCDATA_INLINE_TREE 2 /* since Go 1.12 */
#define FUNCDATA_NONE	   0xffffffffU
#define LOOKUP_STEPS	   (1U << 19) /* over all tables of one lookup: 1 << 14 do for gopls */

/* Where the fields of a function's record are. */
struct gorecord_shape {
	unsigned name, file, line, pcdata_count, unit, start_line, id, funcdata_count, size;
};

static const struct gorecord_shape shapes[] = {
	[GOPCLNTAB_GO12] = {8, 24, 28, 32, 0, 0, 36, 39, 40},
	[GOPCLNTAB_GO116] = {8, 24, 28, 32, 36, 0, 40, 43, 44},
	[GOPCLNTAB_GO118] = {4, 20, 24, 28, 32, 0, 36, 39, 40},
	[GOPCLNTAB_GO120] = {4, 20, 24, 28, 32, 36, 40, 43, 44},
};

unsigned gorecord_pair_size(const struct gopclntab *tab)
{
	return tab->layout >= GOPCLNTAB_GO118 ? 8 : 16;
}

uint64_t gorecord_entry(const struct gopclntab *tab, uint32_t index)
{
	uint64_t at = tab->function_tab + (uint64_t)index * gorecord_pair_size(tab);

	if (tab->layout >= GOPCLNTAB_GO118) {
		return tab->text + elf_range_u32(tab->all, at);
	}
	return elf_range_u64(tab->all, at);
}

static uint64_t record_offset(const struct gopclntab *tab, uint32_t index)
{
	uint64_t at = tab->function_tab + (uint64_t)index * gorecord_pair_size(tab);

	return tab->layout >= GOPCLNTAB_GO118 ? elf_range_u32(tab->all, at + 4)
					      : elf_range_u64(tab->all, at + 8);
}

/* varint - one number of up to 32 bits; false: the bytes end, or none is that long */
static bool varint(struct elf_range range, size_t *at, uint32_t *value)
{
	unsigned shift = 0;

	*value = 0;
	while (*at < range.size && shift < 64) {
		unsigned byte = range.bytes[(*at)++];

		if (shift < 32) {
			*value |= (uint32_t)(byte & 0x7f) << shift;
		}
		if (!(byte & 0x80)) {
			return true;
		}
		shift += 7;
	}
	return false;
}

void gorecord_steps(struct gorecord_steps *steps, const struct gorecord *record, uint32_t table)
{
	*steps = (struct gorecord_steps){.at = table, .pc = record->entry, .value = -1};
}

bool gorecord_step(struct gorecord_steps *steps, const struct gopclntab *tab,
		   struct gorecord *record)
{
	uint32_t value, pcs;

	if (!record->steps_left || !varint(tab->pcs, &steps->at, &value) ||
	    (!value && steps->started) || !varint(tab->pcs, &steps->at, &pcs) || !pcs) {
		return false;
	}
	record->steps_left--;
	steps->started = true;
	steps->value = (int32_t)((uint32_t)steps->value + (-(value & 1) ^ (value >> 1)));
	steps->pc += (uint32_t)(pcs * tab->quantum);
	return true;
}

int32_t gorecord_value(const struct gopclntab *tab, struct gorecord *record, uint32_t table,
		       uint64_t pc)
{
	struct gorecord_steps steps;

	if (!table) {
		return -1;
	}
	gorecord_steps(&steps, record, table);
	while (gorecord_step(&steps, tab, record)) {
		if (pc < steps.pc) {
			return steps.value;
		}
	}
	return -1;
}

bool gorecord_get(const struct gopclntab *tab, uint32_t index, struct gorecord *record)
{
	if (index >= tab->function_count) {
		return false;
	}
	record->shape = &shapes[tab->layout];
	record->bytes = elf_range_tail(tab->functions, record_offset(tab, index));
	record->entry = gorecord_entry(tab, index);
	record->end = gorecord_entry(tab, index + 1);
	record->steps_left = LOOKUP_STEPS;
	return record->bytes.size >= record->shape->size && record->entry <= record->end;
}

const char *gorecord_name(const struct gopclntab *tab, const struct gorecord *record)
{
	return elf_range_string(tab->names, elf_range_u32(record->bytes, record->shape->name));
}

unsigned gorecord_id(const struct gorecord *record)
{
	return elf_range_u8(record->bytes, record->shape->id);
}

unsigned gorecord_start_line(const struct gorecord *record)
{
	unsigned at = record->shape->start_line;

	return at ? elf_range_u32(record->bytes, at) : 0;
}

uint32_t gorecord_inline_table(const struct gorecord *record)
{
	uint32_t count = elf_range_u32(record->bytes, record->shape->pcdata_count);

	if (count <= PCDATA_INLINE_TREE) {
		return 0;
	}
	return elf_range_u32(record->bytes, record->shape->size + 4 * PCDATA_INLINE_TREE);
}

struct elf_range gorecord_tree(const struct gopclntab *tab, const struct gorecord *record)
{
	uint64_t count = elf_range_u32(record->bytes, record->shape->pcdata_count);
	uint64_t at = record->shape->size + 4 * count;
	uint64_t address;

	if (!tab->memory ||
	    elf_range_u8(record->bytes, record->shape->funcdata_count) <= tab->tree_index) {
		return (struct elf_range){0};
	}
	if (tab->layout >= GOPCLNTAB_GO118) {
		uint32_t offset = elf_range_u32(record->bytes, at + 4 * tab->tree_index);

		if (!tab->funcdata || offset == FUNCDATA_NONE) {
			return (struct elf_range){0};
		}
		address = tab->funcdata + offset;
	} else {
		/* Pointers, aligned as such; the table itself starts aligned. */
		uint64_t skew = (uint64_t)(record->bytes.bytes - tab->all.bytes) + at;

		at += (8 - skew % 8) % 8;
		address = elf_range_u64(record->bytes, at + 8 * tab->tree_index);
	}
	return address ? tab->memory(tab->context, address) : (struct elf_range){0};
}

bool gorecord_node(const struct gopclntab *tab, struct elf_range tree, int32_t index,
		   struct gorecord_node *node)
{
	bool small = tab->layout >= GOPCLNTAB_GO120;
	uint64_t size = small ? 16 : 20;
	uint64_t at = (uint64_t)(uint32_t)index * size;

	if (index < 0 || at > tree.size || tree.size - at < size) {
		return false;
	}
	node->name = elf_range_u32(tree, at + (small ? 4 : 12));
	node->parent_pc = elf_range_u32(tree, at + (small ? 8 : 16));
	node->id = elf_range_u8(tree, at + (small ? 0 : 2));
	node->start_line = small ? elf_range_u32(tree, at + 12) : 0;
	return true;
}

const char *gorecord_file(const struct gopclntab *tab, struct gorecord *record, uint64_t pc)
{
	int32_t number =
		gorecord_value(tab, record, elf_range_u32(record->bytes, record->shape->file), pc);
	uint32_t offset;

	if (number < 0) {
		return NULL;
	}
	if (tab->layout == GOPCLNTAB_GO12) {
		/* 0 is no file; the table of offsets starts with its own length. */
		return number ? elf_range_string(tab->all,
						 elf_range_u32(tab->files, 4 * (uint64_t)number))
			      : NULL;
	}
	offset = elf_range_u32(tab->units,
			       4 * ((uint64_t)elf_range_u32(record->bytes, record->shape->unit) +
				    (uint32_t)number));
	return offset == UINT32_MAX ? NULL : elf_range_string(tab->files, offset);
}

unsigned gorecord_line(const struct gopclntab *tab, struct gorecord *record, uint64_t pc)
{
	int32_t line =
		gorecord_value(tab, record, elf_range_u32(record->bytes, record->shape->line), pc);

	return line > 0 ? (unsigned)line : 0;
}
