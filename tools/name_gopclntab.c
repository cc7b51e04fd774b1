/* SPDX-License-Identifier: Apache-2.0 */
/* The decoder of Go's function table: its header, finding a function, and the frames at a PC.
 *
 * A function is found by binary search in pairs (PC, offset of its record). Where something was
 * inlined at the PC, its tables give a node of the inline tree. A node gives a name and a 'parent
 * PC', an instruction of the same function that carries the position of the call: asking the
 * tables again at that PC gives the caller's file, line and node, until there is no node: then it
 * is the function itself. This is what runtime/symtabinl.go does (before 1.21 the runtime took the
 * caller's position from the node; the linker writes the same values in both places). */
#include "name_gopclntab.h"

#include <string.h>

#include "name_gorecord.h"

#define MAGIC_GO12  0xfffffffbU
#define MAGIC_GO116 0xfffffffaU
#define MAGIC_GO118 0xfffffff0U
#define MAGIC_GO120 0xfffffff1U

static bool layout_of(uint32_t magic, enum gopclntab_layout *layout)
{
	switch (magic) {
	case MAGIC_GO12:
		*layout = GOPCLNTAB_GO12;
		return true;
	case MAGIC_GO116:
		*layout = GOPCLNTAB_GO116;
		return true;
	case MAGIC_GO118:
		*layout = GOPCLNTAB_GO118;
		return true;
	case MAGIC_GO120:
		*layout = GOPCLNTAB_GO120;
		return true;
	default:
		return false;
	}
}

bool gopclntab_check(const unsigned char *bytes, size_t size)
{
	struct elf_range range = {bytes, size, 0};
	enum gopclntab_layout layout;
	unsigned quantum = elf_range_u8(range, 6);

	return size >= 16 && layout_of(elf_range_u32(range, 0), &layout) && !bytes[4] &&
	       !bytes[5] && (quantum == 1 || quantum == 2 || quantum == 4) && bytes[7] == 8;
}

static void lay_out_go12(struct gopclntab *tab)
{
	uint64_t behind;

	tab->function_tab = 16;
	behind = tab->function_tab + (uint64_t)tab->function_count * 16 + 8;
	tab->names = tab->pcs = tab->functions = tab->all;
	tab->files = elf_range_tail(tab->all, elf_range_u32(tab->all, behind));
}

static void lay_out_go116(struct gopclntab *tab, unsigned at)
{
	tab->names = elf_range_tail(tab->all, elf_range_u64(tab->all, at));
	tab->units = elf_range_tail(tab->all, elf_range_u64(tab->all, at + 8));
	tab->files = elf_range_tail(tab->all, elf_range_u64(tab->all, at + 16));
	tab->pcs = elf_range_tail(tab->all, elf_range_u64(tab->all, at + 24));
	tab->functions = elf_range_tail(tab->all, elf_range_u64(tab->all, at + 32));
	tab->function_tab = (size_t)elf_range_u64(tab->all, at + 32);
}

int gopclntab_open(struct gopclntab *tab, struct elf_range table, uint64_t text,
		   gopclntab_memory *memory, void *context, struct err *err)
{
	uint64_t count;

	memset(tab, 0, sizeof(*tab));
	if (!gopclntab_check(table.bytes, table.size)) {
		return err_set(err, "not a Go function table");
	}
	layout_of(elf_range_u32(table, 0), &tab->layout);
	tab->all = table;
	tab->quantum = table.bytes[6];
	tab->memory = memory;
	tab->context = context;
	tab->text = text;
	count = elf_range_u64(table, 8);
	if (count > UINT32_MAX || count > table.size / gorecord_pair_size(tab)) {
		return err_set(err, "Go function table: claims %llu functions",
			       (unsigned long long)count);
	}
	tab->function_count = (uint32_t)count;
	if (tab->layout == GOPCLNTAB_GO12) {
		lay_out_go12(tab);
	} else {
		lay_out_go116(tab, tab->layout == GOPCLNTAB_GO116 ? 24 : 32);
	}
	if (tab->layout >= GOPCLNTAB_GO118 && !text) {
		tab->text = elf_range_u64(table, 24);
	}
	if (tab->layout >= GOPCLNTAB_GO116 &&
	    (!tab->names.size || !tab->units.size || !tab->files.size || !tab->pcs.size)) {
		return err_set(err, "Go function table: cut");
	}
	if (tab->function_tab > table.size ||
	    count * gorecord_pair_size(tab) + gorecord_pair_size(tab) / 2 >
		    table.size - tab->function_tab) {
		return err_set(err, "Go function table: cut");
	}
	if (tab->layout < GOPCLNTAB_GO118) {
		tab->text = gorecord_entry(tab, 0);
	}
	tab->end = gorecord_entry(tab, tab->function_count);
	return 0;
}

bool gopclntab_find(const struct gopclntab *tab, uint64_t pc, uint32_t *index)
{
	uint32_t low = 0, high = tab->function_count;

	if (!high || pc < gorecord_entry(tab, 0) || pc >= tab->end) {
		return false;
	}
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (gorecord_entry(tab, middle) <= pc) {
			low = middle;
		} else {
			high = middle;
		}
	}
	*index = low;
	return true;
}

static void frame_place(const struct gopclntab *tab, struct gorecord *record, uint64_t pc,
			struct gopclntab_frame *frame)
{
	frame->file = gorecord_file(tab, record, pc);
	frame->line = frame->file ? gorecord_line(tab, record, pc) : 0;
}

/* is_wrapper - was it written by the compiler? Its number is the last of an enum that grows. */
static bool is_wrapper(const struct gopclntab *tab, unsigned id)
{
	return id && id == tab->wrapper_id;
}

size_t gopclntab_lookup(const struct gopclntab *tab, uint64_t pc, struct gopclntab_frame *frames)
{
	struct gorecord record;
	struct elf_range tree = {0};
	uint32_t index, inlined;
	size_t count = 0;
	struct gorecord_node node;
	bool wrapper;

	if (!gopclntab_find(tab, pc, &index) || !gorecord_get(tab, index, &record)) {
		return 0;
	}
	inlined = gorecord_inline_table(&record);
	if (inlined && tab->trees) {
		tree = gorecord_tree(tab, &record);
	}
	while (tree.size && count < GOPCLNTAB_FRAMES_MOST - 1) {
		int32_t number = gorecord_value(tab, &record, inlined, pc);

		if (number < 0 || !gorecord_node(tab, tree, number, &node)) {
			break;
		}
		wrapper = is_wrapper(tab, node.id);
		if (!wrapper || !count) {
			frames[count] = (struct gopclntab_frame){
				.name = elf_range_string(tab->names, node.name),
				.start_line = node.start_line,
				.wrapper = wrapper,
			};
			frame_place(tab, &record, pc, &frames[count++]);
		}
		pc = record.entry + node.parent_pc;
	}
	wrapper = is_wrapper(tab, gorecord_id(&record));
	if (wrapper && count) {
		return count;
	}
	frames[count] = (struct gopclntab_frame){
		.name = gorecord_name(tab, &record),
		.start_line = gorecord_start_line(&record),
		.wrapper = wrapper,
	};
	frame_place(tab, &record, pc, &frames[count]);
	return count + 1;
}

bool gopclntab_function(const struct gopclntab *tab, uint32_t index,
			struct gopclntab_function *function)
{
	struct gorecord record;

	if (!gorecord_get(tab, index, &record)) {
		return false;
	}
	function->name = gorecord_name(tab, &record);
	function->entry = record.entry;
	function->end = record.end;
	function->start_line = gorecord_start_line(&record);
	return true;
}

const char *gopclntab_print_name(const char *name, char *buffer, size_t room)
{
	const char *open = strchr(name, '['), *close = open ? strrchr(name, ']') : NULL;
	size_t head, behind;

	if (!close || close <= open) {
		return name;
	}
	head = (size_t)(open - name);
	behind = strlen(close + 1);
	if (head + sizeof("[...]") + behind > room) {
		return NULL;
	}
	memcpy(buffer, name, head);
	memcpy(buffer + head, "[...]", 5);
	memcpy(buffer + head + 5, close + 1, behind + 1);
	return buffer;
}
