/* SPDX-License-Identifier: Apache-2.0 */
/* What can be known to be wrong is told before the program is executed; afterwards nobody is left
 * to tell it. The library judges the values: its own parser is asked (lib/config.h). */
#include "launch.h"

#include "lib/config.h"
#include "mem.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY "libleaktrack.so"

static bool is_amount(const char *text)
{
	uint64_t bytes;

	return config_parse_bytes(text, &bytes);
}

static bool is_signal(const char *text)
{
	int signal;

	return config_parse_signal(text, &signal);
}

static bool is_exit(const char *text)
{
	return !strcmp(text, "first") || !strcmp(text, "all") || !strcmp(text, "none");
}

static bool is_keeper(const char *text)
{
	return !strcmp(text, "go") || !strcmp(text, "always") || !strcmp(text, "never");
}

static const struct setting {
	const char *option, *variable, *takes;
	bool (*fits)(const char *);
} settings[] = {
	{"--rate", "LEAKTRACK_RATE", "bytes such as 1, 64k or 1m", is_amount},
	{"--signal", "LEAKTRACK_SIGNAL", "a signal such as USR1 or 12, or none", is_signal},
	{"--dir", "LEAKTRACK_DIR", "a folder", NULL},
	{"--exit", "LEAKTRACK_EXIT", "first, all or none", is_exit},
	{"--keeper", "LEAKTRACK_KEEPER", "go, always or never", is_keeper},
	{"--memory", "LEAKTRACK_MEMORY", "bytes such as 64m", is_amount},
	{"--depth", "LEAKTRACK_DEPTH", "a number of frames", is_amount},
};

int launch_option(char **argv, int *used, struct err *err)
{
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
		const struct setting *s = &settings[i];
		const size_t length = strlen(s->option);

		if (strncmp(argv[0], s->option, length) != 0 ||
		    (argv[0][length] && argv[0][length] != '=')) {
			continue;
		}
		const char *value = argv[0][length] ? argv[0] + length + 1 : argv[1];
		if (!value || (s->fits && !s->fits(value))) {
			return err_set(err, "%s takes %s", s->option, s->takes);
		}
		*used = argv[0][length] ? 1 : 2;
		if (setenv(s->variable, value, 1)) {
			return err_sys(err, "%s", s->option);
		}
		return 0;
	}
	return err_set(err, "no option '%s'", argv[0]);
}

/* The folder that this tool is in, without a slash at its end; NULL where /proc is not there. */
static char *own_folder(void)
{
	char path[PATH_MAX];
	const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);

	if (length <= 0) {
		return NULL;
	}
	path[length] = '\0';
	*strrchr(path, '/') = '\0';
	return mem_string(path);
}

char *launch_beside(const char *name, bool library, struct err *err)
{
	char *folder __attribute__((cleanup(mem_free))) = own_folder();
	char *path = mem_print("%s/%s", folder ? folder : "", name);

	if (!access(path, R_OK)) {
		return path;
	}
	if (library) {
		free(path);
		path = mem_print("%s/../lib/%s", folder ? folder : "", name);
		char *plain = realpath(path, NULL);
		free(path);
		if (plain) {
			return plain;
		}
	} else {
		free(path);
	}
	err_set(err, "no %s in %s%s", name, folder ? folder : "the tool's folder",
		library ? " or ../lib" : "");
	return NULL;
}

/* Where execvp() would find it; NULL: nowhere. free() it. */
static char *in_path(const char *name)
{
	const char *at = getenv("PATH");

	if (strchr(name, '/') || !at) {
		return mem_string(name);
	}
	while (*at) {
		const size_t length = strcspn(at, ":");
		char *path = mem_print("%.*s%s%s", (int)length, at, length ? "/" : "", name);

		if (!access(path, X_OK)) {
			return path;
		}
		free(path);
		at += length + (at[length] == ':');
	}
	return NULL;
}

/* Nothing can be loaded into an ELF file that names no loader. Scripts, and what cannot be read,
 * are left to the kernel. */
static bool is_static(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf = NULL;
	size_t count = 0;
	bool loader = true;
	GElf_Phdr segment;

	elf_version(EV_CURRENT);
	if (fd >= 0) {
		elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	}
	if (elf && elf_kind(elf) == ELF_K_ELF && !elf_getphdrnum(elf, &count)) {
		loader = false;
	}
	for (size_t i = 0; i < count && !loader; i++) {
		loader = gelf_getphdr(elf, (int)i, &segment) && segment.p_type == PT_INTERP;
	}
	elf_end(elf);
	if (fd >= 0) {
		close(fd);
	}
	return !loader;
}

static int preload(const char *library, struct err *err)
{
	const char *others = getenv("LD_PRELOAD");

	if (strpbrk(library, ": ")) {
		return err_set(err, "%s: the loader takes no path with a blank or colon in it",
			       library);
	}
	char *all __attribute__((cleanup(mem_free))) =
		mem_print("%s%s%s", library, others && *others ? ":" : "", others ? others : "");
	return setenv("LD_PRELOAD", all, 1) ? err_sys(err, "LD_PRELOAD") : 0;
}

int launch_program(char **argv, struct err *err)
{
	char *library __attribute__((cleanup(mem_free))) = launch_beside(LIBRARY, true, err);
	char *program __attribute__((cleanup(mem_free))) = in_path(argv[0]);

	if (!library || preload(library, err)) {
		return -1;
	}
	if (!program) {
		return err_set(err, "%s: not found in PATH", argv[0]);
	}
	if (is_static(program)) {
		return err_set(err,
			       "%s: a static program, nothing can be loaded into it; "
			       "link it dynamically (Go: CGO_ENABLED=1)",
			       program);
	}
	execv(program, argv);
	return err_sys(err, "%s", program);
}
