/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_fork.c - a child inherits the handler and counts for itself; exec gives the default back
 * host: usr2
 */
#include "signals.h"

static void handler(int sig)
{
	(void)sig;
	heard();
}

static int in_child(void)
{
	CHECK(!strcmp(disposition(SIGUSR2), "handler"));
	post(SIGUSR2, 20, false);
	return posted(NULL);
}

static int after_exec(void)
{
	exec_self("x");
	return 1;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		printf("after exec: %s\n", disposition(SIGUSR2));
		fflush(stdout);
		return 5;
	}
	signal(SIGUSR2, handler);
	churn(1, 3000);
	printf("in a child: %s\n", ended(reap(child(in_child))));
	fflush(stdout);
	printf("%s\n", ended(reap(child(after_exec))));
	post(SIGUSR2, 20, false);
	printf("here: %d\n", posted(NULL));
	return done();
}
