/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turns ROUNDS ENV... -- COMMAND [ARG...] - run a command under several environments, in turn
 *
 * ENV is the variables that a contender adds, 'A=1 B=2' (nothing: as it is). The contenders take
 * turns, A B C A B C, so that whatever else the machine does meets all of them: compare one round's
 * runs with each other, never one contender's with another's of an hour later. For each run a line:
 *
 *     ROUND CONTENDER CPU_US RSS_KIB FAULTS STATUS
 *
 * CPU_US is user + system time of the command and everything that it started, also what it left
 * behind (a daemon is waited for: we are its reaper). RSS_KIB is the largest resident set of one
 * process. The kernel keeps both exactly, not by clock ticks. Output goes to /dev/null.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define VARIABLES 512

static long cpu_us(const struct rusage *u)
{
	return (u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1000000L + u->ru_utime.tv_usec +
	       u->ru_stime.tv_usec;
}

/* Our environment with the words of @more before it; the words point into @copy. */
static void environment(char *copy, char **env)
{
	int n = 0;

	for (char *word = strtok(copy, " "); word && n < 32; word = strtok(NULL, " ")) {
		env[n++] = word;
	}
	for (char **e = environ; *e && n < VARIABLES - 1; e++) {
		env[n++] = *e;
	}
	env[n] = NULL;
}

static pid_t start(const char *more, char **command)
{
	static char copy[65536], *env[VARIABLES];
	posix_spawn_file_actions_t files;
	pid_t pid;

	snprintf(copy, sizeof(copy), "%s", more);
	environment(copy, env);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	int failed = posix_spawnp(&pid, command[0], &files, NULL, command, env);

	posix_spawn_file_actions_destroy(&files);
	if (failed) {
		fprintf(stderr, "turns: %s: %s\n", command[0], strerror(failed));
		exit(1);
	}
	return pid;
}

static void one(int round, int contender, const char *more, char **command)
{
	long cpu = 0, rss = 0, faults = 0;
	pid_t pid = start(more, command), ended;
	struct rusage used;
	int status = 0, its;

	while ((ended = wait4(-1, &its, 0, &used)) > 0 || errno == EINTR) {
		if (ended <= 0) {
			continue;
		}
		if (ended == pid) {
			status = WIFEXITED(its) ? WEXITSTATUS(its) : 128 + WTERMSIG(its);
		}
		cpu += cpu_us(&used);
		faults += used.ru_minflt;
		rss = used.ru_maxrss > rss ? used.ru_maxrss : rss;
	}
	printf("%d %d %ld %ld %ld %d\n", round, contender, cpu, rss, faults, status);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int last = 2;

	while (last < argc && strcmp(argv[last], "--") != 0) {
		last++;
	}
	if (argc < 4 || last >= argc - 1 || atoi(argv[1]) < 1) {
		fputs("usage: turns ROUNDS ENV... -- COMMAND [ARG...]\n", stderr);
		return 2;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	for (int round = 0; round < atoi(argv[1]); round++) {
		for (int i = 2; i < last; i++) {
			one(round, i - 2, argv[i], argv + last + 1);
		}
	}
	return 0;
}
