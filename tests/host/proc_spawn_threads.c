/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_spawn_threads.c - several threads start programs at once, by posix_spawn, popen and system
 * host: time=40
 */
#include "host.h"
#include <spawn.h>

extern char **environ;

static void *spawns(void *arg)
{
	char *argv[] = {(char *)"true", NULL};

	for (int i = 0; i < 15; i++) {
		pid_t pid;
		char line[20] = "";
		FILE *f;

		CHECK(posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ) == 0);
		CHECK(reap(pid) == 0);
		f = popen("echo word", "re");
		CHECK(f && fgets(line, sizeof(line), f) && !strcmp(line, "word\n"));
		CHECK(pclose(f) == 0);
		CHECK(system("exit 2") == 2 << 8);
		churn((unsigned)i, 200);
	}
	return arg;
}

int main(void)
{
	crew(4, spawns);
	return done();
}
