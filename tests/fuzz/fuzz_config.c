/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/config.o lib/program.o lib/fmt.o lib/say.o lib/sys.o */
/* fuzz_config - LEAKTRACK_* variables of any value
 *
 * make fuzz && build/fuzz/fuzz_config corpus/
 *
 * The input is a list of variables, one a line: a digit for the name, then the value. What must
 * hold: no sanitizer report, and whatever was asked for, settings that the library can live with.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "unwind.h"

#define VARIABLES 16u
#define NAME_MOST 24u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {
	"LEAKTRACK=",	     "LEAKTRACK_RATE=",	  "LEAKTRACK_MEMORY=", "LEAKTRACK_DEPTH=",
	"LEAKTRACK_SIGNAL=", "LEAKTRACK_EXIT=",	  "LEAKTRACK_KEEPER=", "LEAKTRACK_DIR=",
	"TMPDIR=",	     "LEAKTRACK_UNKNOWN="};

static void must(bool truth)
{
	if (!truth) {
		abort();
	}
}

static void check(const struct config *c)
{
	if (c->off) {
		return;
	}
	must(c->rate >= 1);
	must(c->memory >= CONFIG_MEMORY_MIN);
	must(c->depth >= 2 && c->depth <= UNWIND_DEPTH_MAX);
	must(c->signal >= 0 && c->signal <= 64 && c->signal != 9 && c->signal != 19);
	must(c->exit <= CONFIG_EXIT_NONE && c->keeper <= CONFIG_KEEPER_NEVER);
	must(strlen(c->dir) < CONFIG_DIR_MOST);
	must(strlen(c->tmpdir) < CONFIG_TMPDIR_MOST);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *environment[VARIABLES + 1] = {0};
	unsigned n = 0;

	for (size_t at = 0; at < size && n < VARIABLES;) {
		const uint8_t *end = memchr(data + at, '\n', size - at);
		size_t line = end != NULL ? (size_t)(end - data) - at : size - at;
		const char *name = names[data[at] % (sizeof(names) / sizeof(names[0]))];

		environment[n] = calloc(1, NAME_MOST + line + 1);
		strcpy(environment[n], name);
		if (line > 1) {
			memcpy(environment[n] + strlen(name), data + at + 1, line - 1);
		}
		n++;
		at += line + 1;
	}
	config_start(environment);
	check(config_get());
	while (n > 0) {
		free(environment[--n]);
	}
	return 0;
}
