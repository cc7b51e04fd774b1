/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_ctor.c - the handler was set by a linked library's constructor, and before that by the
 * program's preinit array
 * host: lib=lib_handler link=$HOST_LIB/lib_handler.so usr2
 */
#include "signals.h"

void handler_calls(void (*fn)(int));

static void early(int sig)
{
	(void)sig;
}

static void preinit(int argc, char **argv, char **env)
{
	(void)argc;
	(void)argv;
	(void)env;
	signal(SIGUSR2, early);
	signal(SIGUSR1, early);
}

__attribute__((section(".preinit_array"), used)) static void (*first)(int, char **,
								      char **) = preinit;

static void handler(int sig)
{
	CHECK(sig == SIGUSR2);
	heard();
}

int main(void)
{
	struct sigaction act;

	sigaction(SIGUSR2, NULL, &act);
	printf("%s, flags %x, TERM %d, USR1 %s\n", disposition(SIGUSR2),
	       (unsigned)act.sa_flags & ~0x04000000u, sigismember(&act.sa_mask, SIGTERM),
	       disposition(SIGUSR1));
	handler_calls(handler);
	churn(1, 2000);
	post(SIGUSR2, 30, false);
	printf("handled %d\n", posted(NULL));
	return done();
}
