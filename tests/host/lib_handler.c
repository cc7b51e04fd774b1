/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_handler.c - a library whose constructor takes SIGUSR2, before a preload's own constructor ran
 */
#include <signal.h>
#include <stddef.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT void handler_calls(void (*fn)(int));

static void (*volatile called)(int);

static void on_signal(int sig)
{
	if (called) {
		called(sig);
	}
}

__attribute__((constructor)) static void construct(void)
{
	struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	sigaddset(&act.sa_mask, SIGTERM);
	sigaction(SIGUSR2, &act, NULL);
}

void handler_calls(void (*fn)(int))
{
	called = fn;
}
