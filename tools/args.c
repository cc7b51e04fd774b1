/* SPDX-License-Identifier: Apache-2.0 */
/* One table: a name, what its value is, where it goes. getopt_long_only() does not serve: it takes
 * abbreviations, and '-inuse_space' must mean the same in every later version. */
#include "args.h"

#include "mem.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum form {
	FLAG,
	TEXT,
	NUMBER,
	SHARE,
	TYPE,
	FORMAT,
	PATTERN,
	BY,
	UNIT,
	BASE,
	DIFF,
	INDEX,
	RANGE,
	GO,
	GO_BASE,
	SEARCH
};

struct option {
	const char *name;
	const char *value; /* how errors call the value */
	size_t at;	   /* offset in struct args */
	enum form form;
	int type; /* of TYPE */
};

#define AT(field) offsetof(struct args, field)

static const struct option options[] = {
	{"base", "FILE", 0, BASE, 0},
	{"diff-base", "FILE", 0, DIFF, 0},
	{"inuse_space", NULL, 0, TYPE, PROFILE_INUSE_SPACE},
	{"inuse_objects", NULL, 0, TYPE, PROFILE_INUSE_OBJECTS},
	{"alloc_space", NULL, 0, TYPE, PROFILE_ALLOC_SPACE},
	{"alloc_objects", NULL, 0, TYPE, PROFILE_ALLOC_OBJECTS},
	{"sample_index", "TYPE", 0, INDEX, 0},
	{"normalize", NULL, AT(normalize), FLAG, 0},
	{"top", NULL, 0, FORMAT, 0},
	{"tree", NULL, 0, FORMAT, 0},
	{"peek", "REGEX", 0, PATTERN, 0},
	{"list", "REGEX", 0, PATTERN, 0},
	{"traces", NULL, 0, FORMAT, 0},
	{"folded", NULL, 0, FORMAT, 0},
	{"json", NULL, 0, FORMAT, 0},
	{"speedscope", NULL, 0, FORMAT, 0},
	{"dot", NULL, 0, FORMAT, 0},
	{"callgrind", NULL, 0, FORMAT, 0},
	{"raw", NULL, 0, FORMAT, 0},
	{"by", "WHAT", 0, BY, 0},
	{"focus", "REGEX", AT(focus), TEXT, 0},
	{"ignore", "REGEX", AT(ignore), TEXT, 0},
	{"hide", "REGEX", AT(hide), TEXT, 0},
	{"show", "REGEX", AT(show), TEXT, 0},
	{"show-from", "REGEX", AT(show_from), TEXT, 0},
	{"tagfocus", "SIZES", AT(tag_focus), RANGE, 0},
	{"tagignore", "SIZES", AT(tag_ignore), RANGE, 0},
	{"noinlines", NULL, AT(no_inlines), FLAG, 0},
	{"tsv", NULL, AT(tsv), FLAG, 0},
	{"pprof", "FILE", AT(pprof), TEXT, 0},
	{"html", "FILE", AT(html), TEXT, 0},
	{"go-heap", "FILE", 0, GO, 0},
	{"go-base", "FILE", 0, GO_BASE, 0},
	{"all-frames", NULL, AT(all_frames), FLAG, 0},
	{"cum", NULL, AT(cum), FLAG, 0},
	{"flat", NULL, AT(flat), FLAG, 0},
	{"nodecount", "N", AT(node_count), NUMBER, 0},
	{"stacks", "N", AT(stack_count), NUMBER, 0},
	{"nodefraction", "FRACTION", AT(node_fraction), SHARE, 0},
	{"edgefraction", "FRACTION", AT(edge_fraction), SHARE, 0},
	{"unit", "UNIT", 0, UNIT, 0},
	{"symfs", "FOLDER", AT(symfs), TEXT, 0},
	{"search", "FOLDER", 0, SEARCH, 0},
	{"verbose", NULL, AT(verbose), FLAG, 0},
	{"version", NULL, AT(version), FLAG, 0},
	{"help", NULL, AT(help), FLAG, 0},
};

/* What pprof calls the same; told in the manual only. */
static const struct spelling {
	const char *theirs, *ours, *value;
} spellings[] = {
	{"diff_base", "diff-base", NULL},
	{"show_from", "show-from", NULL},
	{"text", "top", NULL},
	{"functions", "by", "function"},
	{"filefunctions", "by", "filefunction"},
	{"lines", "by", "line"},
	{"addresses", "by", "address"},
	{"files", "by", "file"},
};

const char *args_usage(void)
{
	return "usage: leaktrack-symbolize [--base OLD] [-inuse_space | -inuse_objects | "
	       "-alloc_space | -alloc_objects] [OPTION]... DUMP...";
}

const char *args_help(void)
{
	return "\n"
	       "Shows which lines of a program hold its C memory, from dumps or state files of\n"
	       "leaktrack. Several dumps are added up; '-' is standard input.\n"
	       "\n"
	       "What is compared and counted:\n"
	       "  --base OLD         the growth since OLD; may be given more than once\n"
	       "  --diff-base OLD    the same, with shares of OLD's total\n"
	       "  --go-heap FILE     Go's own heap beside it, from runtime/pprof\n"
	       "  --go-base FILE     with --base: Go's heap of then\n"
	       "  -inuse_space       bytes that are not freed yet (default)\n"
	       "  -inuse_objects     blocks that are not freed yet\n"
	       "  -alloc_space       bytes allocated since the start\n"
	       "  -alloc_objects     blocks allocated since the start\n"
	       "  -sample_index TYPE one of these four, by name or number (0: alloc_objects)\n"
	       "  --normalize        with --base: as if the new total were that of the base\n"
	       "\n"
	       "Reports:\n"
	       "  --top              functions, those that hold memory first, and the heaviest\n"
	       "                     stacks (default)\n"
	       "  --tree             each function between its callers and callees\n"
	       "  --peek REGEX       the same for the functions that match\n"
	       "  --list REGEX       their source with the amount before each line\n"
	       "  --traces           every stack\n"
	       "  --folded --json --speedscope --dot --callgrind --raw\n"
	       "                     for other programs\n"
	       "  --html FILE        a page with a flame graph and a table, for any browser\n"
	       "  --pprof FILE       a profile for `go tool pprof FILE`, in place of a report\n"
	       "\n"
	       "What is shown of them:\n"
	       "  --by WHAT          rows by function (default), filefunction, line, address,\n"
	       "                     file, module or size\n"
	       "  --cum, --flat      sorted by cumulative or flat amounts, as pprof does\n"
	       "  --focus REGEX      only stacks with such a function, file or module\n"
	       "  --ignore REGEX     no stacks with such a one\n"
	       "  --hide REGEX       without such frames\n"
	       "  --show REGEX       without all other frames\n"
	       "  --show-from REGEX  without what calls the outermost such frame\n"
	       "  --tagfocus SIZES   only blocks of these sizes: 4kB, 1kB:64kB, :64kB, 1MB:\n"
	       "  --tagignore SIZES  no blocks of these sizes\n"
	       "  --noinlines        inlined functions count as those that they are inlined into\n"
	       "  --all-frames       with cgo's own functions (_Cfunc_..., runtime.cgocall, ...)\n"
	       "  --nodecount N      rows of the table (20; 0: all)\n"
	       "  --stacks N         heaviest stacks below it (10; 0: all)\n"
	       "  --nodefraction F   rows that have at least F of the total (0.005); 0 shows\n"
	       "                     differences that may be chance, too\n"
	       "  --edgefraction F   calls that have at least F of the total (0.001)\n"
	       "  --unit UNIT        B, kB, MB, GB, TB, PB or auto\n"
	       "  --tsv              top, tree, peek, list or traces with tabs, in bytes\n"
	       "\n"
	       "Where names come from:\n"
	       "  --symfs FOLDER     files are looked up below this root, such as a container's\n"
	       "  --search FOLDER    files are looked for here too; may be given more than once\n"
	       "  --verbose          say which files were used\n"
	       "\n"
	       "  --version, --help\n"
	       "\n"
	       "Exit status: 0 done, 1 failed or done in part, 2 wrong usage.\n";
}

static const struct option *find(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		if (!strncmp(options[i].name, name, length) && !options[i].name[length]) {
			return &options[i];
		}
	}
	return NULL;
}

static int read_number(int64_t *to, const char *name, const char *value, struct err *err)
{
	char *end;

	errno = 0;
	const long long number = strtoll(value, &end, 10);
	if (errno || end == value || *end || number < 0) {
		return err_set(err, "--%s takes a number from 0, not '%s'", name, value);
	}
	*to = number;
	return 0;
}

static int read_share(double *to, const char *name, const char *value, struct err *err)
{
	char *end;
	const double number = strtod(value, &end);

	if (end == value || *end || !(number >= 0 && number <= 1)) {
		return err_set(err, "--%s takes a number from 0 to 1, not '%s'", name, value);
	}
	*to = number;
	return 0;
}

static int read_by(struct args *args, const char *value, struct err *err)
{
	static const char *const names[] = {"function", "filefunction", "line", "address",
					    "file",	"module",	"size"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (!strcmp(value, names[i])) {
			args->by = (enum tree_by)i;
			return 0;
		}
	}
	return err_set(err,
		       "--by takes function, filefunction, line, address, file, module or size, "
		       "not '%s'",
		       value);
}

/* A name, or its number in the order of pprof's heap profiles. */
static int read_index(struct args *args, const char *value, struct err *err)
{
	for (int t = 0; t < PROFILE_TYPES; t++) {
		if (!strcmp(value, profile_type_name(t)) || (value[0] == '0' + t && !value[1])) {
			args->type = t;
			return 0;
		}
	}
	return err_set(err,
		       "--sample_index takes alloc_objects, alloc_space, inuse_objects, "
		       "inuse_space or 0 to 3, not '%s'",
		       value);
}

static int read_range(struct units_range *to, const char *name, const char *value, struct err *err)
{
	if (units_parse_range(value, to)) {
		return 0;
	}
	return err_set(err, "--%s takes sizes such as 4kB, 1kB:64kB, :64kB or 1MB:, not '%s'", name,
		       value);
}

static void add(const char ***list, size_t *count, const char *text)
{
	*list = mem_resize(*list, *count + 1, sizeof **list);
	(*list)[(*count)++] = text;
}

static int apply(struct args *args, const struct option *option, const char *value, struct err *err)
{
	void *to = (char *)args + option->at;

	switch (option->form) {
	case FLAG:
		*(bool *)to = true;
		return 0;
	case TEXT:
		*(const char **)to = value;
		return 0;
	case NUMBER:
		return read_number(to, option->name, value, err);
	case SHARE:
		return read_share(to, option->name, value, err);
	case RANGE:
		return read_range(to, option->name, value, err);
	case INDEX:
		return read_index(args, value, err);
	case TYPE:
		args->type = (enum profile_type)option->type;
		return 0;
	case PATTERN:
		args->pattern = value;
		args->format = option->name;
		return 0;
	case FORMAT:
		args->format = option->name;
		return 0;
	case BY:
		return read_by(args, value, err);
	case UNIT:
		args->has_unit = true;
		return units_find(value, &args->unit)
			       ? 0
			       : err_set(err,
					 "--unit takes B, kB, MB, GB, TB, PB or auto, not '%s'",
					 value);
	case DIFF:
		args->diff_base = true;
		add(&args->bases, &args->base_count, value);
		return 0;
	case BASE:
		add(&args->bases, &args->base_count, value);
		return 0;
	case GO:
		add(&args->go_heaps, &args->go_heap_count, value);
		return 0;
	case GO_BASE:
		add(&args->go_bases, &args->go_base_count, value);
		return 0;
	case SEARCH:
		add(&args->searches, &args->search_count, value);
		return 0;
	}
	return 0;
}

static bool takes_value(const struct option *option)
{
	return option->form != FLAG && option->form != TYPE && option->form != FORMAT;
}

static const struct spelling *find_spelling(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
		if (!strncmp(spellings[i].theirs, name, length) && !spellings[i].theirs[length]) {
			return &spellings[i];
		}
	}
	return NULL;
}

/* One option at argv[*at], and its value, perhaps in the word behind. */
static int read_option(struct args *args, int argc, char **argv, int *at, struct err *err)
{
	const char *word = argv[*at];
	const char *name = word + (word[1] == '-' ? 2 : 1);
	const size_t length = strcspn(name, "=");
	const struct spelling *spelling = find_spelling(name, length);
	const struct option *option =
		spelling ? find(spelling->ours, strlen(spelling->ours)) : find(name, length);

	if (!option) {
		return err_set(err, "unknown option %s", word);
	}
	if (spelling && spelling->value) {
		return name[length] ? err_set(err, "--%s takes no value", spelling->theirs)
				    : apply(args, option, spelling->value, err);
	}
	if (!takes_value(option)) {
		if (name[length]) {
			return err_set(err, "--%s takes no value", option->name);
		}
		return apply(args, option, NULL, err);
	}
	if (name[length]) {
		return apply(args, option, name + length + 1, err);
	}
	if (*at + 1 >= argc) {
		return err_set(err, "--%s needs a value: --%s %s", option->name, option->name,
			       option->value);
	}
	return apply(args, option, argv[++*at], err);
}

static bool is_table(const char *format)
{
	static const char *const tables[] = {"top", "tree", "peek", "list", "traces"};

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		if (!strcmp(format, tables[i])) {
			return true;
		}
	}
	return false;
}

int args_read(struct args *args, int argc, char **argv, struct err *err)
{
	bool options_end = false;

	*args = (struct args){.type = PROFILE_INUSE_SPACE,
			      .format = "top",
			      .node_count = -1,
			      .stack_count = -1,
			      .node_fraction = -1,
			      .edge_fraction = -1};
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		if (!options_end && !strcmp(word, "--")) {
			options_end = true;
		} else if (!options_end && word[0] == '-' && word[1]) {
			if (read_option(args, argc, argv, &i, err)) {
				return -1;
			}
		} else {
			add(&args->inputs, &args->input_count, word);
		}
	}
	if (args->help || args->version) {
		return 0;
	}
	if (!args->input_count) {
		return err_set(err, "no dump given");
	}
	/* Without both ends of it Go's heap would look like growth, or like none. */
	if (args->go_heap_count && args->base_count && !args->go_base_count) {
		return err_set(err, "--go-heap with --base needs --go-base, Go's heap of then");
	}
	if (args->go_base_count && !(args->go_heap_count && args->base_count)) {
		return err_set(err, "--go-base goes with --go-heap and --base");
	}
	if (args->normalize && !args->base_count) {
		return err_set(err, "--normalize goes with --base");
	}
	if (args->tsv && (args->html || args->pprof || !is_table(args->format))) {
		return err_set(err, "--tsv goes with --top, --tree, --peek, --list and --traces");
	}
	return 0;
}

void args_free(struct args *args)
{
	free(args->inputs);
	free(args->bases);
	free(args->searches);
	free(args->go_heaps);
	free(args->go_bases);
}
