/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.c - the LEAKTRACK_* variables, read once, then constant
 *
 * Reads the environment array itself: getenv() may not be called as early as we are.
 */
#include "config.h"

#include <signal.h>
#include <string.h>

#include "fmt.h"
#include "say.h"
#include "sys.h"

static struct config self;

static const char *lookup(char **env, const char *name)
{
	size_t n = strlen(name);

	for (char **e = env; e != NULL && *e != NULL; e++) {
		if (strncmp(*e, name, n) == 0 && (*e)[n] == '=') {
			return *e + n + 1;
		}
	}
	return NULL;
}

static void complain(const char *name, const char *value, const char *takes)
{
	char where[200];
	struct fmt f = fmt_on(where, sizeof(where));

	fmt_str(&f, name);
	fmt_str(&f, "=");
	fmt_str(&f, value);
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
		const char *name;
		int number;
	} names[] = {
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
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (is_word(text, names[i].name)) {
			*signal = names[i].number;
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

static void read_rate(char **env)
{
	const char *text = lookup(env, "LEAKTRACK_RATE");

	self.rate = CONFIG_RATE_DEFAULT;
	if (text == NULL) {
		return;
	}
	if (!config_parse_bytes(text, &self.rate) || self.rate == 0 || self.rate > 1ull << 40) {
		self.rate = CONFIG_RATE_DEFAULT;
		complain("LEAKTRACK_RATE", text,
			 "takes bytes between samples, 1 to 1024g, such as 1, 64k or 1m; using "
			 "512k");
	}
}

static void read_memory(char **env)
{
	const char *text = lookup(env, "LEAKTRACK_MEMORY");

	self.memory = CONFIG_MEMORY_DEFAULT;
	if (text == NULL) {
		return;
	}
	if (!config_parse_bytes(text, &self.memory) || self.memory < CONFIG_MEMORY_MIN ||
	    self.memory > 16ull << 30) {
		self.memory = CONFIG_MEMORY_DEFAULT;
		complain("LEAKTRACK_MEMORY", text,
			 "takes bytes, 1m to 16g, such as 64m; using 64m");
	}
}

static void read_depth(char **env)
{
	const char *text = lookup(env, "LEAKTRACK_DEPTH");

	self.depth = CONFIG_DEPTH_DEFAULT;
	if (text == NULL) {
		return;
	}
	if (!parse_small(text, 512, &self.depth) || self.depth < 4) {
		self.depth = CONFIG_DEPTH_DEFAULT;
		complain("LEAKTRACK_DEPTH", text, "takes frames, 4 to 512; using 128");
	}
}

static void read_signal(char **env)
{
	const char *text = lookup(env, "LEAKTRACK_SIGNAL");

	self.signal = SIGUSR2;
	if (text == NULL) {
		return;
	}
	if (!config_parse_signal(text, &self.signal)) {
		self.signal = SIGUSR2;
		complain(
			"LEAKTRACK_SIGNAL", text,
			"takes a signal's name or number, such as USR2 or 12, or none; using USR2");
	}
}

/* One of a few words; the first is the default. Returns its place in @words. */
static unsigned read_word(char **env, const char *name, const char *const *words, const char *takes)
{
	const char *text = lookup(env, name);

	if (text == NULL) {
		return 0;
	}
	for (unsigned i = 0; words[i] != NULL; i++) {
		if (strcmp(text, words[i]) == 0) {
			return i;
		}
	}
	complain(name, text, takes);
	return 0;
}

/* A relative path is one from the folder that the program was started in, also after a chdir. */
static void read_path(char **env, const char *name, const char *fallback, char *to, size_t cap)
{
	const char *text = lookup(env, name);
	struct fmt f = fmt_on(to, cap);

	if (text == NULL || text[0] == '\0') {
		text = fallback;
	} else if (text[0] != '/') {
		ssize_t n = sys_getcwd(to, cap);

		f.len = n > 0 ? (size_t)n - 1 : 0;
		fmt_str(&f, "/");
	}
	fmt_str(&f, text);
	if (f.cut) {
		complain(name, "...", "is too long for a path; using the default");
		f = fmt_on(to, cap);
		fmt_str(&f, fallback);
	}
}

void config_start(char **env)
{
	static const char *const switches[] = {"on", "off", "1", "0", "", NULL};
	static const char *const exits[] = {"first", "all", "none", NULL};
	static const char *const keepers[] = {"go", "always", "never", NULL};
	unsigned on = read_word(env, "LEAKTRACK", switches, "takes on or off; using on");

	self.off = on == 1 || on == 3;
	if (self.off) {
		return;
	}
	read_rate(env);
	read_memory(env);
	read_depth(env);
	read_signal(env);
	self.exit = (enum config_exit)read_word(env, "LEAKTRACK_EXIT", exits,
						"takes first, all or none; using first");
	self.keeper = (enum config_keeper)read_word(env, "LEAKTRACK_KEEPER", keepers,
						    "takes go, always or never; using go");
	read_path(env, "LEAKTRACK_DIR", "", self.dir, sizeof(self.dir));
	read_path(env, "TMPDIR", "/tmp", self.tmpdir, sizeof(self.tmpdir));
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
