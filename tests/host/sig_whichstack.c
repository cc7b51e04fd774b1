/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_whichstack.c - without SA_ONSTACK a handler runs on the interrupted stack, with it on the
 * alternate one
 * host: usr2
 */
#include "signals.h"

static char alt[65536];
static int on_alt, on_main;

static void handler(int sig)
{
	char here;
	stack_t now;

	(void)sig;
	sigaltstack(NULL, &now);
	if (&here > alt && &here < alt + sizeof(alt)) {
		on_alt++;
		CHECK(now.ss_flags & SS_ONSTACK);
	} else {
		on_main++;
		CHECK(!(now.ss_flags & SS_ONSTACK));
	}
	heard();
}

int main(void)
{
	stack_t stack = {.ss_sp = alt, .ss_size = sizeof(alt)};
	struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART};

	MUST(sigaltstack(&stack, NULL) == 0);
	sigaction(SIGUSR2, &act, NULL);
	post(SIGUSR2, 30, false);
	printf("handled %d: ", posted(NULL));
	printf("main %d, alternate %d\n", on_main, on_alt);
	act.sa_flags |= SA_ONSTACK;
	sigaction(SIGUSR2, &act, NULL);
	post(SIGUSR2, 30, false);
	printf("handled %d: ", posted(NULL));
	printf("main %d, alternate %d\n", on_main, on_alt);
	return done();
}
