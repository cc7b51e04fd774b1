/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_resethand.c - SA_RESETHAND: one delivery, then the default; set again each time
 * host: usr2
 */
#include "signals.h"

static struct sigaction act;
static bool again;

static void handler(int sig)
{
	CHECK(sig == SIGUSR2);
	CHECK(!strcmp(disposition(SIGUSR2), "default"));
	if (again) {
		sigaction(SIGUSR2, &act, NULL);
	}
	heard();
}

static int second_is_fatal(void)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	MUST(pipe(post_pipe) == 0);
	again = false;
	sigaction(SIGUSR2, &act, NULL);
	raise(SIGUSR2);
	CHECK(heard_count == 1);
	CHECK(!strcmp(disposition(SIGUSR2), "default"));
	raise(SIGUSR2);
	return 3;
}

int main(void)
{
	int got;
	act.sa_handler = handler;
	act.sa_flags = SA_RESETHAND | SA_RESTART;
	again = true;
	sigaction(SIGUSR2, &act, NULL);
	post(SIGUSR2, 50, false);
	printf("handled %d\n", posted(NULL));
	heard_count = 0;
	printf("the second: %s\n", ended(reap(child(second_is_fatal))));
	again = false;
	sigaction(SIGUSR2, &act, NULL);
	post(SIGUSR2, 1, false);
	got = posted(NULL);
	printf("handled %d, then %s\n", got, disposition(SIGUSR2));
	return done();
}
