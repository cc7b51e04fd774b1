/* SPDX-License-Identifier: Apache-2.0 */
/* leaktrack - start a program under the library, list those that run so, ask one for a dump, show
 * one as it is now
 *
 * Nothing here that could not be done by hand: run sets LD_PRELOAD and the LEAKTRACK_* variables
 * and becomes the program; dump sends the dump signal and waits for the file; top reads the state
 * file, which disturbs nobody. What a shell cannot say easily is the mark that dump's signal
 * carries: by it the library knows the request for ours and keeps it from the program, whatever
 * that does on this signal. */
#include "ask.h"
#include "err.h"
#include "launch.h"
#include "mem.h"
#include "msg.h"
#include "profile.h"
#include "read.h"
#include "units.h"
#include "watched.h"

#include "leaktrack.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SYMBOLIZE   "leaktrack-symbolize"
#define USAGE_ERROR 2
#define NOT_STARTED 127 /* what shells say of a program that could not be executed */

static const char usage[] = "usage: leaktrack run [OPTION]... PROGRAM [ARG]...\n"
			    "       leaktrack list\n"
			    "       leaktrack dump PID...\n"
			    "       leaktrack top PID [OPTION]...\n";

static const char help[] =
	"\n"
	"run    start a program under the library; it writes leaktrack.PID.exit.heap at its end\n"
	"list   processes that run so: since when, mean bytes between samples, C memory in use,\n"
	"       the profile's own memory\n"
	"dump   ask for a dump and print where it is\n"
	"top    what is in use now, by the process's state file and without disturbing it;\n"
	"       options are those of leaktrack-symbolize\n"
	"\n"
	"Options of run; each sets the variable LEAKTRACK_NAME, see leaktrack(7):\n"
	"  --rate BYTES      mean bytes between two samples (512k); 1 records everything\n"
	"  --signal SIGNAL   what asks for a dump (USR2), or none\n"
	"  --dir FOLDER      where dumps go (the working folder)\n"
	"  --exit WHICH      processes that write a dump at their end: first, all or none\n"
	"  --keeper WHICH    those that have a keeper: go, always or never\n"
	"  --memory BYTES    the most that the profile may take (64m)\n"
	"  --depth FRAMES    frames kept of a stack (128)\n";

static int wrong_usage(const char *why)
{
	msg_error("%s", why);
	fputs(usage, stderr);
	return USAGE_ERROR;
}

static int failed(const struct err *err)
{
	msg_error("%s", err->text);
	return EXIT_FAILURE;
}

/* What was printed so far is out; who closed a pipe knows it. */
static int finish(int status)
{
	struct err err = {0};

	errno = 0;
	if (!fflush(stdout) && !ferror(stdout)) {
		return status;
	}
	if (errno != EPIPE) {
		errno = errno ? errno : EIO;
		err_sys(&err, "standard output");
		return failed(&err);
	}
	return EXIT_FAILURE;
}

static int give_help(void)
{
	printf("%s%s", usage, help);
	return finish(EXIT_SUCCESS);
}

static bool asks_help(const char *word)
{
	return word && (!strcmp(word, "--help") || !strcmp(word, "-h"));
}

/* --- run ---------------------------------------------------------------------------------------
 */

static int command_run(char **argv)
{
	struct err err = {0};
	int used;

	for (; *argv && argv[0][0] == '-'; argv += used) {
		if (!strcmp(*argv, "--")) {
			argv++;
			break;
		}
		if (asks_help(*argv)) {
			return give_help();
		}
		if (launch_option(argv, &used, &err)) {
			return wrong_usage(err.text);
		}
	}
	if (!*argv) {
		return wrong_usage("run: no program");
	}
	launch_program(argv, &err);
	msg_error("%s", err.text);
	return NOT_STARTED;
}

/* --- list --------------------------------------------------------------------------------------
 */

/* '3.2s', '5m10s', '2h13m', '9d4h' */
static void print_age(int64_t ns)
{
	const long long s = ns > 0 ? ns / 1000000000 : 0;
	char text[32];

	if (s < 60) {
		snprintf(text, sizeof text, "%llds", s);
	} else if (s < 3600) {
		snprintf(text, sizeof text, "%lldm%llds", s / 60, s % 60);
	} else if (s < 86400) {
		snprintf(text, sizeof text, "%lldh%lldm", s / 3600, s / 60 % 60);
	} else {
		snprintf(text, sizeof text, "%lldd%lldh", s / 86400, s / 3600 % 24);
	}
	printf(" %8s", text);
}

static void print_bytes(int64_t bytes)
{
	char text[UNITS_TEXT];

	printf(" %10s", units_amount(text, bytes, UNITS_AUTO));
}

static void print_profile(const struct profile *profile)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	print_age(now.tv_sec * INT64_C(1000000000) + now.tv_nsec - profile->about.start_ns);
	print_bytes((int64_t)profile->about.rate);
	print_bytes(profile_total(profile, PROFILE_INUSE_SPACE));
	print_bytes((int64_t)profile->about.own_bytes);
}

static void print_process(const struct watched *process)
{
	struct profile *profile = process->state ? read_profile(process->state, NULL) : NULL;

	printf("%8d", (int)process->pid);
	if (profile) {
		print_profile(profile);
	} else {
		printf(" %8s %10s %10s %10s", "-", "-", "-", "-"); /* no sample yet */
	}
	printf("  %s\n", process->command);
	profile_free(profile);
}

static int command_list(void)
{
	size_t count;
	struct watched *all = watched_all(&count);

	if (count) {
		printf("%8s %8s %10s %10s %10s  %s\n", "PID", "SINCE", "RATE", "IN USE", "OWN",
		       "COMMAND");
	}
	for (size_t i = 0; i < count; i++) {
		print_process(&all[i]);
	}
	watched_free_all(all, count);
	if (!count) {
		msg_error("no process that you can see runs under leaktrack");
		return EXIT_FAILURE;
	}
	return finish(EXIT_SUCCESS);
}

/* --- dump and top ------------------------------------------------------------------------------
 */

static int find(struct watched *process, const char *word, struct err *err)
{
	char *rest;

	errno = 0;
	const long pid = strtol(word, &rest, 10);
	if (errno || *rest || rest == word || pid <= 0 || pid > INT_MAX) {
		return err_set(err, "'%s' is no PID; 'leaktrack list' shows them", word);
	}
	return watched_find(process, (pid_t)pid, err);
}

static int dump_one(const char *word)
{
	struct watched process = {0};
	struct err err = {0};

	if (find(&process, word, &err)) {
		return failed(&err);
	}
	char *path = ask_dump(&process, &err);
	watched_clear(&process);
	if (!path) {
		return failed(&err);
	}
	puts(path);
	free(path);
	return EXIT_SUCCESS;
}

static int command_dump(char **argv)
{
	int status = EXIT_SUCCESS;

	if (!*argv) {
		return wrong_usage("dump: of which process?");
	}
	for (; *argv; argv++) {
		if (dump_one(*argv)) {
			status = EXIT_FAILURE;
		}
	}
	return finish(status);
}

static int command_top(char **argv, int argc)
{
	struct watched process = {0};
	struct err err = {0};

	if (argc < 1) {
		return wrong_usage("top: of which process?");
	}
	if (find(&process, argv[0], &err)) {
		return failed(&err);
	}
	if (!process.state) {
		err_set(&err, "%s: no state file to be read; it has no sample yet, or use 'dump'",
			argv[0]);
		return failed(&err);
	}
	char *tool = launch_beside(SYMBOLIZE, false, &err);
	if (!tool) {
		return failed(&err);
	}
	/* tool, options, state file, NULL: argv[0] is the PID, so the count is the same but one. */
	char **words = mem_zero((size_t)argc + 2, sizeof *words);
	words[0] = tool;
	memcpy(words + 1, argv + 1, (size_t)(argc - 1) * sizeof *words);
	words[argc] = process.state;
	execv(tool, words);
	err_sys(&err, "%s", tool);
	return failed(&err);
}

static bool is_command(const char *word)
{
	return !strcmp(word, "list") || !strcmp(word, "dump") || !strcmp(word, "top");
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	msg_program("leaktrack");
	if (!strcmp(command, "run")) {
		return command_run(argv +
				   2); /* before signals are touched: the program inherits them */
	}
	signal(SIGPIPE, SIG_IGN);
	if (asks_help(command) || !strcmp(command, "help") ||
	    (is_command(command) && argc > 2 && asks_help(argv[2]))) {
		return give_help();
	}
	if (!strcmp(command, "list")) {
		return argc == 2 ? command_list() : wrong_usage("list takes nothing more");
	}
	if (!strcmp(command, "dump")) {
		return command_dump(argv + 2);
	}
	if (!strcmp(command, "top")) {
		return command_top(argv + 2, argc - 2);
	}
	if (!strcmp(command, "--version")) {
		puts("leaktrack " LEAKTRACK_VERSION);
		return finish(EXIT_SUCCESS);
	}
	return wrong_usage(*command ? "there is no such command" : "no command");
}
