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
#include <sys/stat.h>
#include <unistd.h>

#define LIBRARY "libleaktrack.so"

static bool is_within(const char *text, uint64_t least, uint64_t most)
{
	uint64_t number;

	return config_parse_bytes(text, &number) && number >= least && number <= most;
}

/* The limits are those of lib/config.c. */
static bool is_rate(const char *text)
{
	return is_within(text, 1, UINT64_C(1) << 40);
}

static bool is_memory(const char *text)
{
	return is_within(text, UINT64_C(1) << 20, UINT64_C(16) << 30);
}

static bool is_depth(const char *text)
{
	return is_within(text, 4, 512);
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
	{"--rate", "LEAKTRACK_RATE", "bytes such as 1, 64k or 1m, up to 1024g", is_rate},
	{"--signal", "LEAKTRACK_SIGNAL", "a signal such as USR1 or 12, or none", is_signal},
	{"--dir", "LEAKTRACK_DIR", "a folder", NULL},
	{"--exit", "LEAKTRACK_EXIT", "first, all or none", is_exit},
	{"--keeper", "LEAKTRACK_KEEPER", "go, always or never", is_keeper},
	{"--memory", "LEAKTRACK_MEMORY", "bytes such as 64m, from 1m to 16g", is_memory},
	{"--depth", "LEAKTRACK_DEPTH", "a number of frames, from 4 to 512", is_depth},
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

static bool is_program(const char *path)
{
	struct stat stat_;

	return !stat(path, &stat_) && S_ISREG(stat_.st_mode) && !access(path, X_OK);
}

/* Where execvp() would find it; NULL: nowhere. free() it. */
static char *in_path(const char *name)
{
	const char *at = getenv("PATH");

	if (strchr(name, '/')) {
		return mem_string(name);
	}
	at = at ? at : "/bin:/usr/bin"; /* as execvp() */
	while (*at) {
		const size_t length = strcspn(at, ":");
		char *path = mem_print("%.*s%s%s", (int)length, at, length ? "/" : "", name);

		if (is_program(path)) {
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

static void become_shell(const char *program, char **argv)
{
	size_t count = 0;

	while (argv[count]) {
		count++;
	}
	char **words = mem_zero(count + 2, sizeof *words);
	words[0] = mem_string("sh");
	words[1] = mem_string(program);
	memcpy(words + 2, argv + 1, (count - 1) * sizeof *words);
	execv("/bin/sh", words);
	free(words[0]);
	free(words[1]);
	free(words);
	errno = ENOEXEC;
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
	if (errno == ENOEXEC) { /* a script without '#!' is the shell's, as with execvp() */
		become_shell(program, argv);
	}
	return err_sys(err, "%s", program);
}
