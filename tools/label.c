/* SPDX-License-Identifier: Apache-2.0 */
/* One list of addresses for each mapping goes to the namer at once: it works through a file in the
 * order of addresses, so this is what makes large dumps fast. */
#include "label.h"

#include "mem.h"
#include "plain.h"
#include "progress.h"

#include <stdlib.h>
#include <string.h>

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static void set_one(struct profile *profile, uint32_t location, const char *name,
		    const char *module, bool nameless)
{
	const struct profile_function function = {
		.name = name, .module = module, .nameless = nameless};
	const struct profile_line line = {profile_add_function(profile, &function), 0};

	profile_set_lines(profile, location, &line, 1);
}

static void set_nameless(struct profile *profile, uint32_t location)
{
	const uint32_t number = profile->locations[location].mapping;
	const uint64_t pc = profile->locations[location].pc;

	if (number == PROFILE_NONE) {
		const char *mark = pc == PROFILE_PC_ELIDED ? "(…)" : "[cut]";
		const bool is_mark = pc == PROFILE_PC_ELIDED || pc == PROFILE_PC_CUT;
		set_one(profile, location, is_mark ? mark : "<unknown>", NULL, !is_mark);
		return;
	}
	const char *path = profile->mappings[number].path;
	const bool bracketed = path && *path == '[';
	char *name = mem_print(bracketed ? "%s" : "[%s]", path ? base_of(path) : "anonymous code");
	set_one(profile, location, name, path, true);
	free(name);
}

static enum profile_lang lang_of(enum name_lang lang)
{
	switch (lang) {
	case NAME_LANG_C:
		return PROFILE_LANG_C;
	case NAME_LANG_CXX:
		return PROFILE_LANG_CXX;
	case NAME_LANG_RUST:
		return PROFILE_LANG_RUST;
	case NAME_LANG_GO:
		return PROFILE_LANG_GO;
	case NAME_LANG_UNKNOWN:
		break;
	}
	return PROFILE_LANG_UNKNOWN;
}

static void set_named(struct profile *profile, uint32_t location, const struct name_result *result)
{
	struct profile_mapping *mapping = &profile->mappings[profile->locations[location].mapping];
	struct profile_line *lines = mem_alloc(result->count * sizeof *lines);
	size_t count = 0;

	for (size_t i = 0; i < result->count; i++) {
		const struct name_frame *frame = &result->frames[i];
		if (!frame->function) {
			continue;
		}
		char *name = mem_string(frame->function);
		if (frame->lang != NAME_LANG_GO) {
			plain_name(name);
		}
		char *file = frame->file ? mem_string(frame->file) : NULL;
		if (file) {
			plain_path(file);
		}
		const struct profile_function function = {
			.name = name,
			.symbol = frame->symbol ? frame->symbol : frame->function,
			.file = file,
			.module = mapping->path,
			.start_line = frame->start_line,
			.lang = lang_of(frame->lang),
		};
		lines[count].function = profile_add_function(profile, &function);
		free(name);
		free(file);
		lines[count++].line = frame->line;
		mapping->has_functions = true;
		mapping->has_lines |= frame->line > 0;
		mapping->has_inlines |= frame->inlined;
	}
	if (count) {
		profile_set_lines(profile, location, lines, count);
	} else {
		set_nameless(profile, location);
	}
	free(lines);
}

static struct name_module module_of(const struct profile_mapping *mapping)
{
	return (struct name_module){
		.path = mapping->path,
		.build_id = mapping->build_id,
		.start = mapping->start,
		.end = mapping->end,
		.offset = mapping->offset,
	};
}

static void label_mapping(struct profile *profile, struct namer *namer, uint32_t number,
			  const uint32_t *locations, size_t count)
{
	const struct profile_mapping *mapping = &profile->mappings[number];
	const struct name_module module = module_of(mapping);
	uint64_t *addresses = mem_alloc(count * sizeof *addresses);
	struct name_result *results = mem_zero(count, sizeof *results);

	for (size_t i = 0; i < count; i++) {
		addresses[i] = profile->locations[locations[i]].pc;
	}
	progress_on(mapping->path);
	namer_lookup_many(namer, &module, addresses, count, results);
	for (size_t i = 0; i < count; i++) {
		set_named(profile, locations[i], &results[i]);
	}
	free(results);
	free(addresses);
}

/* Who is told what was used and what is wrong, and what was told already: of several mappings of
 * one file the first one tells. */
struct telling {
	void (*trouble)(void *context, bool warning, const char *text);
	void *context;
	struct told {
		const struct name_module_info *info;
	} * told;
	size_t count, room;
};

static void tell_used(const struct telling *telling, const struct profile_mapping *mapping,
		      const struct name_module_info *info)
{
	const char *path = mapping->path;
	char *debug = info->debug ? mem_print(", debug information from %s (%s)", info->debug,
					      info->debug_how)
				  : mem_string("");
	char *supplement = info->supplement ? mem_print(", supplement %s (%s)", info->supplement,
							info->supplement_how)
					    : mem_string("");
	char *text = mem_print("%s: names from %s (%s%s)%s%s%s", path ? path : "?", info->used,
			       info->how ? info->how : "path",
			       mapping->build_id ? "" : ", no build-id to compare", debug,
			       supplement, info->mini ? ", mini-debuginfo" : "");

	telling->trouble(telling->context, false, text);
	free(text);
	free(supplement);
	free(debug);
}

static void tell(struct telling *telling, const struct profile *profile, struct namer *namer,
		 uint32_t number)
{
	const struct profile_mapping *mapping = &profile->mappings[number];
	const struct name_module module = module_of(mapping);
	const struct name_module_info *info = namer_module(namer, &module);

	if (!info || info->state == NAME_FILE_ANONYMOUS) {
		return;
	}
	for (size_t i = 0; i < telling->count; i++) {
		if (telling->told[i].info == info) {
			return;
		}
	}
	telling->told =
		mem_grow(telling->told, &telling->room, telling->count + 1, sizeof *telling->told);
	telling->told[telling->count++].info = info;
	if (info->problem) {
		telling->trouble(telling->context, info->state != NAME_FILE_NO_NAMES,
				 info->problem);
	}
	if (info->used) {
		tell_used(telling, mapping, info);
	}
}

void label_profile(struct profile *profile, struct namer *namer,
		   void (*trouble)(void *context, bool warning, const char *text), void *context)
{
	const size_t mappings = profile->mapping_count;
	size_t *starts = mem_zero(mappings + 2, sizeof *starts);
	uint32_t *sorted = mem_alloc(profile->location_count * sizeof *sorted);
	struct telling telling = {.trouble = trouble, .context = context};

	progress_start("naming", profile->location_count);
	/* A counting sort of the locations by mapping; those in none come last. */
	for (size_t i = 0; i < profile->location_count; i++) {
		const uint32_t mapping = profile->locations[i].mapping;
		starts[(mapping == PROFILE_NONE ? mappings : mapping) + 1]++;
	}
	for (size_t m = 0; m <= mappings; m++) {
		starts[m + 1] += starts[m];
	}
	for (uint32_t i = 0; i < profile->location_count; i++) {
		const uint32_t mapping = profile->locations[i].mapping;
		sorted[starts[mapping == PROFILE_NONE ? mappings : mapping]++] = i;
	}
	for (size_t m = 0; m <= mappings; m++) {
		size_t first = m ? starts[m - 1] : 0;
		size_t count = 0;
		for (size_t i = first; i < starts[m]; i++) {
			if (!profile->locations[sorted[i]].lines) {
				sorted[first + count++] = sorted[i];
			}
		}
		if (m == mappings) {
			for (size_t i = 0; i < count; i++) {
				set_nameless(profile, sorted[first + i]);
			}
		} else if (count) {
			label_mapping(profile, namer, (uint32_t)m, sorted + first, count);
			if (trouble) {
				tell(&telling, profile, namer, (uint32_t)m);
			}
		}
	}
	progress_end();
	free(telling.told);
	free(sorted);
	free(starts);
}
