/* SPDX-License-Identifier: Apache-2.0 */
/* Source files are read whole. Control characters become '?', tabs stay: text of a file that a dump
 * names goes to a terminal. */
#include "source.h"

#include "mem.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LARGEST (64 << 20) /* a larger one is no source that somebody wrote */

static FILE *open_file(const char *folder, const char *path)
{
	char *name = mem_print("%s%s%s", folder, *folder && *path != '/' ? "/" : "", path);
	FILE *file = fopen(name, "re");
	struct stat stat;

	free(name);
	if (file &&
	    (fstat(fileno(file), &stat) || !S_ISREG(stat.st_mode) || stat.st_size > LARGEST)) {
		fclose(file);
		return NULL;
	}
	return file;
}

/* In one folder, with ever fewer leading folders of the path. */
static FILE *find_below(const char *folder, const char *path)
{
	FILE *file = NULL;

	while (path && !file) {
		file = open_file(folder, path);
		path = *path ? strchr(path + 1, '/') : NULL;
	}
	return file;
}

static FILE *find(const char *path, const struct source_places *places)
{
	FILE *file = open_file(places->symfs ? places->symfs : "", path);

	for (size_t i = 0; !file && i < places->search_count; i++) {
		file = find_below(places->searches[i], path);
	}
	return file;
}

static void split(struct source *source, size_t length)
{
	size_t room = 0;

	for (size_t at = 0; at < length;) {
		char *line = source->text + at;
		const size_t whole = strcspn(line, "\n");
		const size_t size = whole && line[whole - 1] == '\r' ? whole - 1 : whole; /* DOS */
		line[size] = 0;
		for (size_t i = 0; i < size; i++) {
			const unsigned char c = (unsigned char)line[i];
			line[i] = (char)((c < ' ' && c != '\t') || c == 0x7f ? '?' : c);
		}
		source->lines = mem_grow(source->lines, &room, source->count + 1, sizeof(char *));
		source->lines[source->count++] = line;
		at += whole + 1;
	}
}

int source_open(struct source *source, const char *path, const struct source_places *places)
{
	FILE *file = find(path, places);
	size_t room = 0;
	size_t length = 0;

	*source = (struct source){0};
	if (!file) {
		return -1;
	}
	for (size_t got = 1; got && length <= LARGEST; length += got) {
		source->text = mem_grow(source->text, &room, length + 65536, 1);
		got = fread(source->text + length, 1, room - length - 1, file);
	}
	const bool failed = ferror(file) != 0;
	fclose(file);
	source->text[length] = 0;
	split(source, length);
	return failed ? -1 : 0;
}

void source_close(struct source *source)
{
	free(source->text);
	free(source->lines);
	*source = (struct source){0};
}
