/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_env.c - a program that changes its environment and its argument area (setproctitle), and
 * starts children with none
 */
#include "host.h"

extern char **environ;

static char saved[4096];

static int no_environment(void)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)"exit 3", NULL};
	char *none[] = {NULL};

	execve("/bin/sh", argv, none);
	return 1;
}

static int preload_still_there(void)
{
	const char *now = getenv("LD_PRELOAD");

	return strcmp(now ? now : "", saved) == 0;
}

int main(int argc, char **argv)
{
	const char *preload = getenv("LD_PRELOAD");
	size_t n = strlen(argv[argc - 1]) + (size_t)(argv[argc - 1] - argv[0]);
	char *end = argv[0] + n;

	snprintf(saved, sizeof(saved), "%s", preload ? preload : "");
	churn(1, 2000);
	CHECK(preload_still_there());
	CHECK(reap(child(no_environment)) == 3 << 8);
	CHECK(reap(child(preload_still_there)) == 1 << 8);
	for (int i = 0; environ[i]; i++) {
		char *copy = strdup(environ[i]);

		if (environ[i] + strlen(environ[i]) > end) {
			end = environ[i] + strlen(environ[i]);
		}
		environ[i] = copy;
	}
	memset(argv[0], 'T', (size_t)(end - argv[0]));
	churn(2, 2000);
	CHECK(system("exit 0") == 0);
	environ = NULL;
	churn(3, 2000);
	CHECK(reap(child(no_environment)) == 3 << 8);
	CHECK(clearenv() == 0 && putenv((char *)"A=b") == 0);
	churn(4, 2000);
	return done();
}
