/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.c - the LEAKTRACK_* variables, read once, then constant
 *
 * Reads the environment array itself: getenv() may not be called as early as we are.
 */
#include "config.h"

#include <signal.h>
#include <string.h>

#include "arch.h"
#include "fmt.h"
#include "program.h"
#include "say.h"
#include "sys.h"

/* Where the paths are kept: few processes have one. */
static ARCH_LARGE char dir[CONFIG_DIR_MOST], tmpdir[CONFIG_TMPDIR_MOST];

static struct config self = {.dir = "", .tmpdir = "/tmp"};

enum variable {
	ON,
	RATE,
	SIGNAL,
	DIR,
	EXIT,
	KEEPER,
	MEMORY,
	DEPTH,
	TMPDIR,
	VARIABLES,
};

/* Arrays, not pointers: those would have to be relocated in each process. */
static const char names[VARIABLES][20] = {
	[ON] = "LEAKTRACK",
	[RATE] = "LEAKTRACK_RATE",
	[SIGNAL] = "LEAKTRACK_SIGNAL",
	[DIR] = "LEAKTRACK_DIR",
	[EXIT] = "LEAKTRACK_EXIT",
	[KEEPER] = "LEAKTRACK_KEEPER",
	[MEMORY] = "LEAKTRACK_MEMORY",
	[DEPTH] = "LEAKTRACK_DEPTH",
	[TMPDIR] = "TMPDIR",
};

/* The values of all of them, NULL where there is none, in one pass: every program that a shell
 * script starts makes it, over some dozens of variables that are not ours. */
static void find(char **env, const char *values[VARIABLES])
{
	memset(values, 0, VARIABLES * sizeof(values[0]));
	for (char **e = env; e != NULL && *e != NULL; e++) {
		bool maybe =
			((*e)[0] == 'L' && (*e)[1] == 'E') || ((*e)[0] == 'T' && (*e)[1] == 'M');

		if (!maybe) {
			continue;
		}
		for (unsigned i = 0; i < VARIABLES; i++) {
			size_t n = strlen(names[i]);

			if (strncmp(*e, names[i], n) == 0 && (*e)[n] == '=' && values[i] == NULL) {
				values[i] = *e + n + 1;
			}
		}
	}
}

/* Is it another one's to say? A script starts programs by the hundred, with one environment. */
static bool parent_has_said(const char *given)
{
	uint32_t parent = (uint32_t)sys_getppid();

	return program_was_given(parent, given) && program_is_under_library(parent);
}

/* @value as the environment has it, behind the name; @shown of it. */
static void complain(enum variable variable, const char *value, const char *shown,
		     const char *takes)
{
	char where[200];
	struct fmt f = fmt_on(where, sizeof(where));

	if (parent_has_said(value - strlen(names[variable]) - 1)) {
		return;
	}
	fmt_str(&f, names[variable]);
	fmt_str(&f, "=");
	fmt_str(&f, shown);
	say("wrong variable", where, takes);
}

/* Is @prefix what @text begins with, whatever the case? A program may have a strcasecmp of its own.
 */
static bool begins(const char *text, const char *prefix)
{
	for (; *prefix != '\0'; text++, prefix++) {
		char c = *text;

		if (c >= 'a' && c <= 'z') {
			c = (char)(c - 'a' + 'A');
		}
		if (c != *prefix) {
			return false;
		}
	}
	return true;
}

static bool is_word(const char *text, const char *word)
{
	return begins(text, word) && text[strlen(word)] == '\0';
}

bool config_parse_bytes(const char *text, uint64_t *bytes)
{
	static const struct {
		char letter;
		unsigned shift;
	} units[] = {{'k', 10}, {'m', 20}, {'g', 30}};
	uint64_t value = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9'; at++) {
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (unsigned)(*at - '0'), &value)) {
			return false;
		}
	}
	if (at == text) {
		return false;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if ((*at | 0x20) != units[i].letter) {
			continue;
		}
		if (value > UINT64_MAX >> units[i].shift) {
			return false;
		}
		value <<= units[i].shift;
		at++;
		if (*at == 'i' && (at[1] | 0x20) == 'b') {
			at++;
		}
		break;
	}
	if ((*at | 0x20) == 'b') {
		at++;
	}
	if (*at != '\0') {
		return false;
	}
	*bytes = value;
	return true;
}

static bool parse_small(const char *text, unsigned max, unsigned *value)
{
	uint64_t wide;

	if (!config_parse_bytes(text, &wide) || wide > max) {
		return false;
	}
	*value = (unsigned)wide;
	return true;
}

static bool usable_signal(int signal)
{
	return signal > 0 && signal < 65 && signal != SIGKILL && signal != SIGSTOP &&
	       signal != 32 && signal != 33; /* the two that glibc keeps to itself */
}

bool config_parse_signal(const char *text, int *signal)
{
	static const struct {
		char name[8]; /* an array, see above */
		int number;
	} signals[] = {
		{"HUP", SIGHUP},   {"INT", SIGINT},	{"QUIT", SIGQUIT}, {"USR1", SIGUSR1},
		{"USR2", SIGUSR2}, {"PIPE", SIGPIPE},	{"ALRM", SIGALRM}, {"TERM", SIGTERM},
		{"CHLD", SIGCHLD}, {"CONT", SIGCONT},	{"TSTP", SIGTSTP}, {"TTIN", SIGTTIN},
		{"TTOU", SIGTTOU}, {"URG", SIGURG},	{"XCPU", SIGXCPU}, {"VTALRM", SIGVTALRM},
		{"PROF", SIGPROF}, {"WINCH", SIGWINCH}, {"IO", SIGIO},	   {"PWR", SIGPWR}};
	unsigned number;

	if (is_word(text, "NONE")) {
		*signal = 0;
		return true;
	}
	if (begins(text, "SIG")) {
		text += 3;
	}
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (is_word(text, signals[i].name)) {
			*signal = signals[i].number;
			return true;
		}
	}
	if (begins(text, "RTMIN")) {
		number = 0;
		if (text[5] != '\0' && (text[5] != '+' || !parse_small(text + 6, 30, &number))) {
			return false;
		}
		number += 34; /* SIGRTMIN as glibc hands it out */
	} else if (!parse_small(text, 64, &number)) {
		return false;
	}
	if (!usable_signal((int)number)) {
		return false;
	}
	*signal = (int)number;
	return true;
}

static void read_rate(const char *text)
{
	self.rate = CONFIG_RATE_DEFAULT;
	if (text == NULL) {
		return;
	}
	if (!config_parse_bytes(text, &self.rate) || self.rate == 0 || self.rate > 1ull << 40) {
		self.rate = CONFIG_RATE_DEFAULT;
		complain(RATE, text, text,
			 "takes bytes between samples, 1 to 1024g, such as 1, 64k or 1m; using "
			 "512k");
	}
}

static void read_memory(const char *text)
{
	self.memory = CONFIG_MEMORY_DEFAULT;
	if (text == NULL) {
		return;
	}
	if (!config_parse_bytes(text, &self.memory) || self.memory < CONFIG_MEMORY_MIN ||
	    self.memory > 16ull << 30) {
		self.memory = CONFIG_MEMORY_DEFAULT;
		complain(MEMORY, text, text, "takes bytes, 1m to 16g, such as 64m; using 64m");
	}
}

static void read_depth(const char *text)
{
	self.depth = CONFIG_DEPTH_DEFAULT;
	if (text == NULL) {
		return;
	}
	if (!parse_small(text, 512, &self.depth) || self.depth < 4) {
		self.depth = CONFIG_DEPTH_DEFAULT;
		complain(DEPTH, text, text, "takes frames, 4 to 512; using 128");
	}
}

static void read_signal(const char *text)
{
	self.signal = SIGUSR2;
	if (text == NULL) {
		return;
	}
	if (!config_parse_signal(text, &self.signal)) {
		self.signal = SIGUSR2;
		complain(
			SIGNAL, text, text,
			"takes a signal's name or number, such as USR2 or 12, or none; using USR2");
	}
}

/* One of a few words; the first is the default. Returns its place in @words. */
static unsigned read_word(enum variable variable, const char *text, const char (*words)[8],
			  const char *takes)
{
	if (text == NULL) {
		return 0;
	}
	for (unsigned i = 0; words[i][0] != '?'; i++) {
		if (strcmp(text, words[i]) == 0) {
			return i;
		}
	}
	complain(variable, text, text, takes);
	return 0;
}

/* A relative path is one from the folder that the program was started in, also after a chdir. A
 * folder that was removed, or lies outside of a chroot, has no path that could be put in front. */
static const char *read_path(enum variable variable, const char *text, const char *fallback,
			     char *to, size_t cap)
{
	if (text == NULL || text[0] == '\0') {
		return fallback;
	}
	struct fmt f = fmt_on(to, cap);

	if (text[0] != '/') {
		ssize_t n = sys_getcwd(to, cap);

		if (n > 1 && to[0] == '/') {
			f.len = (size_t)n - 1;
			fmt_str(&f, n > 2 ? "/" : "");
		}
	}
	fmt_str(&f, text);
	if (f.cut) {
		complain(variable, text, "...", "is too long for a path; using the default");
		return fallback;
	}
	return to;
}

void config_start(char **env)
{
	static const char switches[][8] = {"on", "off", "1", "0", "", "?"};
	static const char exits[][8] = {"first", "all", "none", "?"};
	static const char keepers[][8] = {"go", "always", "never", "?"};
	const char *values[VARIABLES];

	find(env, values);
	unsigned on = read_word(ON, values[ON], switches, "takes on or off; using on");

	self.off = on == 1 || on == 3;
	if (self.off) {
		return;
	}
	read_rate(values[RATE]);
	read_memory(values[MEMORY]);
	read_depth(values[DEPTH]);
	read_signal(values[SIGNAL]);
	self.exit = (enum config_exit)read_word(EXIT, values[EXIT], exits,
						"takes first, all or none; using first");
	self.keeper = (enum config_keeper)read_word(KEEPER, values[KEEPER], keepers,
						    "takes go, always or never; using go");
	self.dir = read_path(DIR, values[DIR], "", dir, sizeof(dir));
	self.tmpdir = read_path(TMPDIR, values[TMPDIR], "/tmp", tmpdir, sizeof(tmpdir));
}

void config_off(void)
{
	self.off = true;
	self.rate = 0;
}

const struct config *config_get(void)
{
	return &self;
}
