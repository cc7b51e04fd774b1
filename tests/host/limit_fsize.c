/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_fsize.c - RLIMIT_FSIZE 0: a write to any file, or making one longer, is SIGXFSZ. The
 * default action would end the process, a handler would be called, an ignored one must stay so. An
 * exit dump that cannot be is no reason to say so
 */
#include "host.h"

static void on_xfsz(int sig)
{
	(void)sig;
	_exit(60);
}

static void *thread(void *arg)
{
	churn((unsigned)(intptr_t)arg, 3000);
	return NULL;
}

static int limited(void)
{
	struct rlimit limit = {0, 0};

	MUST(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	churn(1, 5000);
	crew(3, thread);
	exit(host_failed ? 1 : 3);
}

static int handled(void)
{
	signal(SIGXFSZ, on_xfsz);
	return limited();
}

static int from_start(void)
{
	struct rlimit limit = {0, 0};

	MUST(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	exec_self("started");
	return 1;
}

static int still_fatal(void)
{
	struct rlimit limit = {0, 0}, core = {0, 0};
	int fd = open("own", O_CREAT | O_WRONLY, 0600);

	setrlimit(RLIMIT_CORE, &core);
	churn(1, 3000);
	MUST(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	churn(1, 3000);
	unlink("own");
	return write(fd, "x", 1) == 1;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		churn(1, 5000);
		crew(3, thread);
		return 4;
	}
	for (int i = 0; i < 2; i++) {
		printf("default: %s\n", ended(reap(child(limited))));
		printf("handler: %s\n", ended(reap(child(handled))));
		printf("from the start: %s\n", ended(reap(child(from_start))));
		printf("the host's own: %s\n", ended(reap(child(still_fatal))));
		fflush(stdout);
		churn(1, 5000);
	}
	int failed = done();
	struct rlimit limit = {0, 0};

	MUST(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	return failed; /* the one that would write a dump */
}
