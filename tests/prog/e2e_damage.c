/* SPDX-License-Identifier: Apache-2.0 */
/*
 * e2e_damage - a host that writes where it should not: over the profile's own mapping
 *
 * usage: e2e_damage header|tables
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The first mapping of the state file, its header; and those after it, the tables. */
static void damage(int tables)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[4096];
	unsigned long start, end;
	int first = 1;

	while (fgets(line, sizeof(line), maps) != NULL) {
		if (strstr(line, ".state") == NULL || strstr(line, " rw-s ") == NULL ||
		    sscanf(line, "%lx-%lx", &start, &end) != 2) {
			continue;
		}
		if (first) { /* the header, and the first table where they are one mapping */
			start += tables ? 4096 : 0;
			end = tables ? end : start + 4096;
		}
		if (first || tables) {
			memset((void *)start, 0x41, end - start);
		}
		first = 0;
	}
	fclose(maps);
}

int main(int argc, char **argv)
{
	void *blocks[1000];
	char byte;

	if (argc != 2) {
		return 2;
	}
	for (int i = 0; i < 1000; i++) {
		blocks[i] = malloc(100 + i);
	}
	damage(strcmp(argv[1], "tables") == 0);
	for (int i = 0; i < 1000; i++) {
		free(blocks[i]);
		blocks[i] = malloc(100 + i);
	}
	printf("pid %d\nready\n", getpid());
	fflush(stdout);
	for (int i = 0; i < 1000; i++) {
		free(blocks[i]);
		blocks[i] = realloc(malloc(50), 100);
	}
	return read(0, &byte, 1) < 0;
}
