/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start.c - coming up, and going
 *
 * Read this file first. The constructor reads the settings, takes the dump signal over and, in Go
 * programs, hires the keeper; nothing costly that can wait for the first sample (ready.h). If other
 * libraries' constructors allocate before it, the sampler has begun by then; it needs no more than
 * the environment.
 *
 * The destructor writes the exit dump. It runs after the host's own destructors and atexit
 * handlers, for we are loaded before what the program links; what is freed after it is seen by
 * nobody.
 */
#include <sys/single_threaded.h>

#include "config.h"
#include "hire.h"
#include "ready.h"
#include "real.h"
#include "sampler.h"
#include "sigchain.h"
#include "trigger.h"

static __attribute__((constructor)) void start(void)
{
	if (!real_resolve() || !sampler_start() || config_get()->off) {
		return;
	}
	trigger_start();
	sigchain_start(config_get()->signal, hire_is_go());
	hire_keeper();
	if (!__libc_single_threaded) {
		trigger_threads(); /* a constructor before us made some, before our settings */
		(void)ready_make();
	}
}

static __attribute__((destructor)) void end(void)
{
	trigger_exit();
}
