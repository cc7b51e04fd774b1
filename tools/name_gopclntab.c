/* SPDX-License-Identifier: Apache-2.0 */
/* The decoder of Go's function table.
 *
 * A function is found by binary search in pairs (PC, offset of its record). Its record names four
 * tables of (value, PC) steps, run-length coded as two varints each: file, line, and by index the
 * inline tree node. A node gives a name and a 'parent PC', an instruction of the same function
 * that carries the position of the call: asking the tables again at that PC gives the caller's
 * file, line and node, until there is no node: then it is the function itself. This is what
 * runtime/symtabinl.go does (before 1.21 the runtime took the caller's position from the node;
 * the linker writes the same values in both places, checked with 1.19).
 *
 * Reads of fixed width go through u32_at() and friends, which give 0 outside of the range: one
 * place to be right, no error paths in between. */
#include "name_gopclntab.h"

#include <endian.h>
#include <string.h>

#define MAGIC_GO12	   0xfffffffbU
#define MAGIC_GO116	   0xfffffffaU
#define MAGIC_GO118	   0xfffffff0U
#define MAGIC_GO120	   0xfffffff1U

#define PCDATA_INLINE_TREE 2 /* since Go 1.12 */
#define FUNCDATA_NONE	   0xffffffffU
#define PROBE_FUNCTIONS	   64 /* with inlined calls: enough to tell */
#define PROBE_STEPS	   4096
#define LOOKUP_STEPS	   (1U << 22) /* over all tables of one lookup; real ones take hundreds */

/* Where the fields of a function's record are. */
struct record_shape {
	unsigned name, file, line, pcdata_count, unit, start_line, id, funcdata_count, size;
};

static const struct record_shape shapes[] = {
	[GOPCLNTAB_GO12] = {8, 24, 28, 32, 0, 0, 36, 39, 40},
	[GOPCLNTAB_GO116] = {8, 24, 28, 32, 36, 0, 40, 43, 44},
	[GOPCLNTAB_GO118] = {4, 20, 24, 28, 32, 0, 36, 39, 40},
	[GOPCLNTAB_GO120] = {4, 20, 24, 28, 32, 36, 40, 43, 44},
};

static uint32_t u32_at(struct elf_range range, uint64_t at)
{
	uint32_t value;

	if (range.size < sizeof(value) || at > range.size - sizeof(value)) {
		return 0;
	}
	memcpy(&value, range.bytes + at, sizeof(value));
	return le32toh(value);
}

static uint64_t u64_at(struct elf_range range, uint64_t at)
{
	uint64_t value;

	if (range.size < sizeof(value) || at > range.size - sizeof(value)) {
		return 0;
	}
	memcpy(&value, range.bytes + at, sizeof(value));
	return le64toh(value);
}

static unsigned u8_at(struct elf_range range, uint64_t at)
{
	return at < range.size ? range.bytes[at] : 0;
}

/* tail - the range from an offset on; empty when that is outside */
static struct elf_range tail(struct elf_range range, uint64_t at)
{
	if (at >= range.size) {
		return (struct elf_range){0};
	}
	range.bytes += at;
	range.size -= at;
	range.vaddr += at;
	return range;
}

/* string_at - a string that ends inside the range; NULL: none there */
static const char *string_at(struct elf_range range, uint64_t at)
{
	range = tail(range, at);
	if (!range.size || !memchr(range.bytes, 0, range.size)) {
		return NULL;
	}
	return (const char *)range.bytes;
}

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
	unsigned quantum = u8_at(range, 6);

	return size >= 16 && layout_of(u32_at(range, 0), &layout) && !bytes[4] && !bytes[5] &&
	       (quantum == 1 || quantum == 2 || quantum == 4) && bytes[7] == 8;
}

/* pair_size - of one entry of the function table: PC and offset, 8 or 4 bytes each */
static unsigned pair_size(const struct gopclntab *tab)
{
	return tab->layout >= GOPCLNTAB_GO118 ? 8 : 16;
}

/* entry_pc - address of the @index-th function; index function_count: the end of the last */
static uint64_t entry_pc(const struct gopclntab *tab, uint32_t index)
{
	uint64_t at = tab->function_tab + (uint64_t)index * pair_size(tab);

	if (tab->layout >= GOPCLNTAB_GO118) {
		return tab->text + u32_at(tab->all, at);
	}
	return u64_at(tab->all, at);
}

static uint64_t record_offset(const struct gopclntab *tab, uint32_t index)
{
	uint64_t at = tab->function_tab + (uint64_t)index * pair_size(tab);

	return tab->layout >= GOPCLNTAB_GO118 ? u32_at(tab->all, at + 4) : u64_at(tab->all, at + 8);
}

static void lay_out_go12(struct gopclntab *tab)
{
	uint64_t behind;

	tab->function_tab = 16;
	behind = tab->function_tab + (uint64_t)tab->function_count * 16 + 8;
	tab->names = tab->pcs = tab->functions = tab->all;
	tab->files = tail(tab->all, u32_at(tab->all, behind));
}

static void lay_out_go116(struct gopclntab *tab, unsigned at)
{
	tab->names = tail(tab->all, u64_at(tab->all, at));
	tab->units = tail(tab->all, u64_at(tab->all, at + 8));
	tab->files = tail(tab->all, u64_at(tab->all, at + 16));
	tab->pcs = tail(tab->all, u64_at(tab->all, at + 24));
	tab->functions = tail(tab->all, u64_at(tab->all, at + 32));
	tab->function_tab = (size_t)u64_at(tab->all, at + 32);
}

int gopclntab_open(struct gopclntab *tab, struct elf_range table, uint64_t text,
		   gopclntab_memory *memory, void *context, struct err *err)
{
	uint64_t count;

	memset(tab, 0, sizeof(*tab));
	if (!gopclntab_check(table.bytes, table.size)) {
		return err_set(err, "not a Go function table");
	}
	layout_of(u32_at(table, 0), &tab->layout);
	tab->all = table;
	tab->quantum = table.bytes[6];
	tab->memory = memory;
	tab->context = context;
	tab->text = text;
	count = u64_at(table, 8);
	if (count > UINT32_MAX || count > table.size / pair_size(tab)) {
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
		tab->text = u64_at(table, 24);
	}
	if (tab->layout >= GOPCLNTAB_GO116 &&
	    (!tab->names.size || !tab->units.size || !tab->files.size || !tab->pcs.size)) {
		return err_set(err, "Go function table: cut");
	}
	if (tab->function_tab > table.size ||
	    count * pair_size(tab) + pair_size(tab) / 2 > table.size - tab->function_tab) {
		return err_set(err, "Go function table: cut");
	}
	if (tab->layout < GOPCLNTAB_GO118) {
		tab->text = entry_pc(tab, 0);
	}
	tab->end = entry_pc(tab, tab->function_count);
	return 0;
}

bool gopclntab_find(const struct gopclntab *tab, uint64_t pc, uint32_t *index)
{
	uint32_t low = 0, high = tab->function_count;

	if (!high || pc < entry_pc(tab, 0) || pc >= tab->end) {
		return false;
	}
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (entry_pc(tab, middle) <= pc) {
			low = middle;
		} else {
			high = middle;
		}
	}
	*index = low;
	return true;
}

/* varint - one number of up to 32 bits; false: the bytes end */
static bool varint(struct elf_range range, size_t *at, uint32_t *value)
{
	unsigned shift = 0;

	*value = 0;
	while (*at < range.size) {
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

/* A function's record with the few fields that a lookup needs. */
struct record {
	struct elf_range bytes;
	const struct record_shape *shape;
	uint64_t entry, end;
	unsigned
		steps_left; /* a hostile table may be one long walk, and be asked again and again */
};

/* One step of a table: until .pc the value is .value. */
struct pc_walk {
	struct elf_range pcs;
	size_t at;
	uint64_t pc;
	int32_t value;
	bool started;
};

static void pc_walk_start(struct pc_walk *walk, const struct gopclntab *tab,
			  const struct record *record, uint32_t offset)
{
	*walk = (struct pc_walk){.pcs = tab->pcs, .at = offset, .pc = record->entry, .value = -1};
}

static bool pc_walk_next(struct pc_walk *walk, const struct gopclntab *tab, struct record *record)
{
	uint32_t value, pcs;

	if (!record->steps_left || !varint(walk->pcs, &walk->at, &value) ||
	    (!value && walk->started) || !varint(walk->pcs, &walk->at, &pcs)) {
		return false;
	}
	record->steps_left--;
	walk->started = true;
	walk->value = (int32_t)((uint32_t)walk->value + (-(value & 1) ^ (value >> 1)));
	walk->pc += (uint32_t)(pcs * tab->quantum);
	return true;
}

/* pc_value - the value of a table at a PC; -1: none, which is also how 'no node' is written */
static int32_t pc_value(const struct gopclntab *tab, struct record *record, uint32_t offset,
			uint64_t pc)
{
	struct pc_walk walk;

	if (!offset) {
		return -1;
	}
	pc_walk_start(&walk, tab, record, offset);
	while (pc_walk_next(&walk, tab, record)) {
		if (pc < walk.pc) {
			return walk.value;
		}
	}
	return -1;
}

static bool record_get(const struct gopclntab *tab, uint32_t index, struct record *record)
{
	if (index >= tab->function_count) {
		return false;
	}
	record->shape = &shapes[tab->layout];
	record->bytes = tail(tab->functions, record_offset(tab, index));
	record->entry = entry_pc(tab, index);
	record->end = entry_pc(tab, index + 1);
	record->steps_left = LOOKUP_STEPS;
	return record->bytes.size >= record->shape->size && record->entry <= record->end;
}

static unsigned record_start_line(const struct record *record)
{
	unsigned at = record->shape->start_line;

	return at ? u32_at(record->bytes, at) : 0;
}

/* record_inline_table - offset of the table that gives inline nodes; 0: nothing inlined */
static uint32_t record_inline_table(const struct record *record)
{
	uint32_t count = u32_at(record->bytes, record->shape->pcdata_count);

	if (count <= PCDATA_INLINE_TREE) {
		return 0;
	}
	return u32_at(record->bytes, record->shape->size + 4 * PCDATA_INLINE_TREE);
}

/* record_tree - the inline tree of a function; empty: none, or it cannot be read */
static struct elf_range record_tree(const struct gopclntab *tab, const struct record *record)
{
	uint64_t count = u32_at(record->bytes, record->shape->pcdata_count);
	uint64_t at = record->shape->size + 4 * count;
	uint64_t address;

	if (!tab->memory ||
	    u8_at(record->bytes, record->shape->funcdata_count) <= tab->tree_index) {
		return (struct elf_range){0};
	}
	if (tab->layout >= GOPCLNTAB_GO118) {
		uint32_t offset = u32_at(record->bytes, at + 4 * tab->tree_index);

		if (!tab->funcdata || offset == FUNCDATA_NONE) {
			return (struct elf_range){0};
		}
		address = tab->funcdata + offset;
	} else {
		/* Pointers, aligned as such; the table itself starts aligned. */
		uint64_t skew = (uint64_t)(record->bytes.bytes - tab->all.bytes) + at;

		at += (8 - skew % 8) % 8;
		address = u64_at(record->bytes, at + 8 * tab->tree_index);
	}
	return address ? tab->memory(tab->context, address) : (struct elf_range){0};
}

/* A node of an inline tree: the function that was inlined, and where it was called. */
struct node {
	uint32_t name, parent_pc, start_line;
	unsigned id;
};

static bool node_get(const struct gopclntab *tab, struct elf_range tree, int32_t index,
		     struct node *node)
{
	bool small = tab->layout >= GOPCLNTAB_GO120;
	uint64_t size = small ? 16 : 20;
	uint64_t at = (uint64_t)(uint32_t)index * size;

	if (index < 0 || at > tree.size || tree.size - at < size) {
		return false;
	}
	node->name = u32_at(tree, at + (small ? 4 : 12));
	node->parent_pc = u32_at(tree, at + (small ? 8 : 16));
	node->id = u8_at(tree, at + (small ? 0 : 2));
	node->start_line = small ? u32_at(tree, at + 12) : 0;
	return true;
}

static const char *file_at(const struct gopclntab *tab, struct record *record, uint64_t pc)
{
	int32_t number = pc_value(tab, record, u32_at(record->bytes, record->shape->file), pc);
	uint32_t offset;

	if (number < 0) {
		return NULL;
	}
	if (tab->layout == GOPCLNTAB_GO12) {
		/* 0 is no file; the table of offsets starts with its own length. */
		return number ? string_at(tab->all, u32_at(tab->files, 4 * (uint64_t)number))
			      : NULL;
	}
	offset = u32_at(tab->units, 4 * ((uint64_t)u32_at(record->bytes, record->shape->unit) +
					 (uint32_t)number));
	return offset == UINT32_MAX ? NULL : string_at(tab->files, offset);
}

static void frame_place(const struct gopclntab *tab, struct record *record, uint64_t pc,
			struct gopclntab_frame *frame)
{
	int32_t line;

	frame->file = file_at(tab, record, pc);
	line = pc_value(tab, record, u32_at(record->bytes, record->shape->line), pc);
	frame->line = frame->file && line > 0 ? (unsigned)line : 0;
}

/* is_wrapper - was it written by the compiler? Its number is the last of an enum that grows. */
static bool is_wrapper(const struct gopclntab *tab, unsigned id)
{
	return id && id == tab->wrapper_id;
}

size_t gopclntab_lookup(const struct gopclntab *tab, uint64_t pc, struct gopclntab_frame *frames)
{
	struct record record;
	struct elf_range tree = {0};
	uint32_t index, inlined;
	size_t count = 0;
	struct node node;
	bool wrapper;

	if (!gopclntab_find(tab, pc, &index) || !record_get(tab, index, &record)) {
		return 0;
	}
	inlined = record_inline_table(&record);
	if (inlined && tab->trees) {
		tree = record_tree(tab, &record);
	}
	while (tree.size && count < GOPCLNTAB_FRAMES_MOST - 1) {
		int32_t number = pc_value(tab, &record, inlined, pc);

		if (number < 0 || !node_get(tab, tree, number, &node)) {
			break;
		}
		wrapper = is_wrapper(tab, node.id);
		if (!wrapper || !count) {
			frames[count] = (struct gopclntab_frame){
				.name = string_at(tab->names, node.name),
				.start_line = node.start_line,
				.wrapper = wrapper,
			};
			frame_place(tab, &record, pc, &frames[count++]);
		}
		pc = record.entry + node.parent_pc;
	}
	wrapper = is_wrapper(tab, u8_at(record.bytes, record.shape->id));
	if (wrapper && count) {
		return count;
	}
	frames[count] = (struct gopclntab_frame){
		.name = string_at(tab->names, u32_at(record.bytes, record.shape->name)),
		.start_line = record_start_line(&record),
		.wrapper = wrapper,
	};
	frame_place(tab, &record, pc, &frames[count]);
	return count + 1;
}

void gopclntab_probe_wrappers(struct gopclntab *tab)
{
	struct record record;
	uint32_t i;

	for (i = 0; i < tab->function_count; i++) {
		const char *file;
		unsigned id;

		if (!record_get(tab, i, &record)) {
			continue;
		}
		id = u8_at(record.bytes, record.shape->id);
		record.steps_left = PROBE_STEPS;
		file = id ? file_at(tab, &record, record.entry) : NULL;
		if (file && strcmp(file, "<autogenerated>") == 0) {
			tab->wrapper_id = id;
			return;
		}
	}
}

bool gopclntab_function(const struct gopclntab *tab, uint32_t index,
			struct gopclntab_function *function)
{
	struct record record;

	if (!record_get(tab, index, &record)) {
		return false;
	}
	function->name = string_at(tab->names, u32_at(record.bytes, record.shape->name));
	function->entry = record.entry;
	function->end = record.end;
	function->start_line = record_start_line(&record);
	return true;
}

/* tree_plausible - do all nodes that a function uses have names that start where a name starts,
 * and parents inside of the function? */
static bool tree_plausible(const struct gopclntab *tab, uint32_t index)
{
	struct elf_range tree;
	struct record record;
	struct pc_walk walk;
	struct node node;

	if (!record_get(tab, index, &record)) {
		return false;
	}
	tree = record_tree(tab, &record);
	record.steps_left = PROBE_STEPS;
	pc_walk_start(&walk, tab, &record, record_inline_table(&record));
	while (pc_walk_next(&walk, tab, &record)) {
		if (walk.value < 0) {
			continue;
		}
		if (!node_get(tab, tree, walk.value, &node) ||
		    node.parent_pc >= record.end - record.entry || !u8_at(tab->names, node.name) ||
		    (node.name && u8_at(tab->names, node.name - 1))) {
			return false;
		}
	}
	return true;
}

/* probe_functions - the first functions that have inlined calls */
static unsigned probe_functions(const struct gopclntab *tab, uint32_t *found)
{
	unsigned count = 0;
	struct record record;
	uint32_t i;

	for (i = 0; i < tab->function_count && count < PROBE_FUNCTIONS; i++) {
		if (record_get(tab, i, &record) && record_inline_table(&record)) {
			found[count++] = i;
		}
	}
	return count;
}

/* Trying beats knowing: the place of go:func.* in moduledata and the number of the tree among
 * the funcdata (4 up to Go 1.15, then 3) changed between versions, and version strings can be
 * stripped. One wrong guess out of 64 functions gives it away. */
bool gopclntab_probe_trees(struct gopclntab *tab, const uint64_t *bases, size_t count)
{
	static const unsigned indices[] = {3, 4};
	uint32_t functions[PROBE_FUNCTIONS];
	unsigned tried = probe_functions(tab, functions), good, k;
	size_t i;

	if (tab->layout < GOPCLNTAB_GO118) {
		count = 1;
	}
	for (i = 0; i < count; i++) {
		for (k = 0; k < sizeof(indices) / sizeof(*indices); k++) {
			tab->funcdata = tab->layout < GOPCLNTAB_GO118 ? 0 : bases[i];
			tab->tree_index = indices[k];
			for (good = 0; good < tried; good++) {
				if (!tree_plausible(tab, functions[good])) {
					break;
				}
			}
			if (good == tried) {
				tab->trees = true;
				return true;
			}
		}
	}
	tab->trees = false;
	return false;
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
