/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_spawn.c - posix_spawn, popen, system, wordexp, with attributes and file actions
 */
#include "host.h"
#include <spawn.h>
#include <wordexp.h>

extern char **environ;

static void spawn_one(int i)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)"cat /dev/null; exit 5", NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t set;
	pid_t pid;
	int status;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 7, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, 7, 0);
	posix_spawn_file_actions_addclose(&actions, 7);
	posix_spawnattr_init(&attr);
	sigfillset(&set);
	sigdelset(&set, SIGUSR2);
	posix_spawnattr_setsigdefault(&attr, &set);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attr, &set);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
						(i % 2 ? POSIX_SPAWN_SETPGROUP : 0));
	CHECK(posix_spawn(&pid, "/bin/sh", &actions, &attr, argv, environ) == 0);
	status = reap(pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	CHECK(posix_spawnp(&pid, "no-such-program", NULL, NULL, argv, environ) == ENOENT);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
}

int main(void)
{
	char line[100] = "";
	wordexp_t words;
	FILE *f;

	/* A folder that may not be searched would make it EACCES. */
	setenv("PATH", "/usr/bin:/bin", 1);
	churn(1, 2000);
	for (int i = 0; i < 12; i++) {
		spawn_one(i);
	}
	f = popen("echo out of a pipe; exit 3", "r");
	MUST(f);
	CHECK(fgets(line, sizeof(line), f));
	printf("%spclose %s\n", line, ended(pclose(f)));
	printf("system %s\n", ended(system("exit 9")));
	printf("system %s\n", ended(system("kill -TERM $$")));
	CHECK(wordexp("a $(echo b c) d", &words, 0) == 0);
	printf("words %zu\n", words.we_wordc);
	wordfree(&words);
	return done();
}
