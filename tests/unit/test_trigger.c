/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/trigger.o lib/program.o lib/failure.o lib/config.o lib/fmt.o lib/say.o */
/* objects: tests/unit/fake_sys.o tests/unit/fake_real.o */
/*
 * Proves: a request that comes while a dump is being written, by whatever cause, is answered when
 * that one is done; a flood is answered a few times and no more.
 * Fails when: whoever puts the pen down does not look whether somebody has asked meanwhile.
 */
#include "trigger.h"

#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "apart.h"
#include "borrow.h"
#include "config.h"
#include "dump.h"
#include "real.h"
#include "state.h"

/* Dumps so far, and how many of the first ones see another thread take the signal meanwhile. */
static struct {
	unsigned dumps, interrupted;
} self;

static int write_dump(void)
{
	if (self.dumps++ < self.interrupted) {
		trigger_signal();
	}
	return (int)self.dumps;
}

int dump_named(const struct layout_view *view, const char *reason, unsigned number)
{
	(void)view;
	(void)reason;
	(void)number;
	return write_dump();
}

int dump_to(const struct layout_view *view, const char *reason, const char *path)
{
	(void)view;
	(void)reason;
	(void)path;
	return write_dump() > 0 ? 0 : -EIO;
}

struct layout_header *state_look(void)
{
	return NULL;
}

uint64_t state_bytes(void)
{
	return 0;
}

void state_finish(bool remove)
{
	(void)remove;
}

void state_close(void)
{
}

bool borrow_is_guest(void)
{
	return false;
}

bool real_resolve(void)
{
	return true;
}

void *real_next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static void start(unsigned interrupted)
{
	char *environment[] = {NULL};

	config_start(environment);
	self.interrupted = interrupted;
}

static void one(void *unused)
{
	(void)unused;
	start(0);
	trigger_signal();
	CHECK(self.dumps == 1);
	trigger_signal();
	CHECK(self.dumps == 2);
	CHECK(trigger_api(NULL) == 0 && self.dumps == 3);
}

static void during_signal(void *unused)
{
	(void)unused;
	start(2);
	trigger_signal();
	CHECK(self.dumps == 3);
}

static void during_api(void *unused)
{
	(void)unused;
	start(1);
	CHECK(trigger_api("/nowhere") == 0);
	CHECK(self.dumps == 2);
}

static void flood(void *unused)
{
	(void)unused;
	start(1000);
	trigger_signal();
	CHECK(self.dumps >= 2 && self.dumps <= 10);
	for (int i = 0; i < 100; i++) {
		trigger_signal();
	}
	CHECK(self.dumps <= 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"one", apart_test, NULL, NULL, (void *)one},
		{"during signal", apart_test, NULL, NULL, (void *)during_signal},
		{"during api", apart_test, NULL, NULL, (void *)during_api},
		{"flood", apart_test, NULL, NULL, (void *)flood},
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
