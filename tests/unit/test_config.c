/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/config.o lib/program.o lib/fmt.o lib/say.o lib/sys.o */
/*
 * Proves: LEAKTRACK_* values are read as README.md tells, to their limits, and a wrong one leaves
 * the default. Fails when: a limit, a unit or a name changes, or an overflow wraps around.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"

static void bytes_are(const char *text, uint64_t wanted)
{
	uint64_t got = 0;

	if (!config_parse_bytes(text, &got)) {
		fail_msg("'%s' is refused", text);
	}
	assert_int_equal(got, wanted);
}

static void no_bytes(const char *text)
{
	uint64_t got = 77;

	if (config_parse_bytes(text, &got)) {
		fail_msg("'%s' is taken", text);
	}
	assert_int_equal(got, 77);
}

static void bytes(void **unused)
{
	(void)unused;
	bytes_are("0", 0);
	bytes_are("1", 1);
	bytes_are("64k", 64 << 10);
	bytes_are("64K", 64 << 10);
	bytes_are("64kb", 64 << 10);
	bytes_are("64KiB", 64 << 10);
	bytes_are("1m", 1 << 20);
	bytes_are("2G", 2ull << 30);
	bytes_are("18446744073709551615", UINT64_MAX);
	bytes_are("17179869183g", 17179869183ull << 30);
	no_bytes("");
	no_bytes("k");
	no_bytes("-1");
	no_bytes("+1");
	no_bytes(" 1");
	no_bytes("1 ");
	no_bytes("1x");
	no_bytes("1kk");
	no_bytes("1.5m");
	no_bytes("0x10");
	no_bytes("18446744073709551616");
	no_bytes("17179869184g");
	no_bytes("99999999999999999999999999");
}

static void signal_is(const char *text, int wanted)
{
	int got = -1;

	if (!config_parse_signal(text, &got)) {
		fail_msg("'%s' is refused", text);
	}
	assert_int_equal(got, wanted);
}

static void no_signal(const char *text)
{
	int got = -1;

	if (config_parse_signal(text, &got)) {
		fail_msg("'%s' is taken", text);
	}
	assert_int_equal(got, -1);
}

static void signals(void **unused)
{
	(void)unused;
	signal_is("USR2", SIGUSR2);
	signal_is("SIGUSR2", SIGUSR2);
	signal_is("usr1", SIGUSR1);
	signal_is("12", 12);
	signal_is("none", 0);
	signal_is("NONE", 0);
	signal_is("RTMIN", 34);
	signal_is("RTMIN+5", 39);
	signal_is("SIGRTMIN+30", 64);
	signal_is("64", 64);
	no_signal("");
	no_signal("0");
	no_signal("KILL");
	no_signal("9");
	no_signal("STOP");
	no_signal("19");
	no_signal("32");
	no_signal("33");
	no_signal("65");
	no_signal("-1");
	no_signal("RTMIN+31");
	no_signal("RTMIN-1");
	no_signal("USR3");
	no_signal("USR2 ");
}

static const struct config *with(const char **environment)
{
	config_start((char **)environment);
	return config_get();
}

static void defaults(void **unused)
{
	const char *empty[] = {NULL};
	const struct config *c = with(empty);

	(void)unused;
	assert_false(c->off);
	assert_int_equal(c->rate, 512 << 10);
	assert_int_equal(c->memory, 64 << 20);
	assert_int_equal(c->depth, 128);
	assert_int_equal(c->signal, SIGUSR2);
	assert_int_equal(c->exit, CONFIG_EXIT_FIRST);
	assert_int_equal(c->keeper, CONFIG_KEEPER_GO);
	assert_string_equal(c->dir, "");
	assert_string_equal(c->tmpdir, "/tmp");
}

static void right_values(void **unused)
{
	const char *environment[] = {"LEAKTRACK_RATE=1",	"LEAKTRACK_MEMORY=1m",
				     "LEAKTRACK_DEPTH=512",	"LEAKTRACK_SIGNAL=none",
				     "LEAKTRACK_EXIT=all",	"LEAKTRACK_KEEPER=never",
				     "LEAKTRACK_DIR=/a b/c",	"TMPDIR=/var/tmp",
				     "LEAKTRACK_RATES=ignored", NULL};
	const struct config *c = with(environment);

	(void)unused;
	assert_int_equal(c->rate, 1);
	assert_int_equal(c->memory, 1 << 20);
	assert_int_equal(c->depth, 512);
	assert_int_equal(c->signal, 0);
	assert_int_equal(c->exit, CONFIG_EXIT_ALL);
	assert_int_equal(c->keeper, CONFIG_KEEPER_NEVER);
	assert_string_equal(c->dir, "/a b/c");
	assert_string_equal(c->tmpdir, "/var/tmp");
}

/* A folder that was removed has no path: a name in it stays what it is. */
static void relative(void **unused)
{
	const char *environment[] = {"LEAKTRACK_DIR=dumps/here", NULL};
	char folder[] = "gone-XXXXXX", wanted[4200];
	int back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)unused;
	assert_non_null(getcwd(wanted, 4096));
	strcat(wanted, "/dumps/here");
	assert_string_equal(with(environment)->dir, wanted);
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(unlinkat(back, folder, AT_REMOVEDIR), 0);
	assert_string_equal(with(environment)->dir, "dumps/here");
	assert_int_equal(fchdir(back), 0);
	close(back);
}

static void wrong_values(void **unused)
{
	static char long_dir[5000] = "LEAKTRACK_DIR=/";
	const char *environment[] = {"LEAKTRACK_RATE=0",
				     "LEAKTRACK_MEMORY=1k",
				     "LEAKTRACK_DEPTH=513",
				     "LEAKTRACK_SIGNAL=9",
				     "LEAKTRACK_EXIT=ALL",
				     "LEAKTRACK_KEEPER=",
				     long_dir,
				     NULL};
	const struct config *c;

	(void)unused;
	memset(long_dir + strlen(long_dir), 'x', sizeof(long_dir) - strlen(long_dir) - 1);
	c = with(environment);
	assert_int_equal(c->rate, 512 << 10);
	assert_int_equal(c->memory, 64 << 20);
	assert_int_equal(c->depth, 128);
	assert_int_equal(c->signal, SIGUSR2);
	assert_int_equal(c->exit, CONFIG_EXIT_FIRST);
	assert_int_equal(c->keeper, CONFIG_KEEPER_GO);
	assert_string_equal(c->dir, "");
}

static void off(void **unused)
{
	const char *environment[] = {"LEAKTRACK=off", "LEAKTRACK_RATE=nonsense", NULL};
	const char *zero[] = {"LEAKTRACK=0", NULL};

	(void)unused;
	assert_true(with(environment)->off);
	assert_true(with(zero)->off);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes),	cmocka_unit_test(signals),
		cmocka_unit_test(defaults),	cmocka_unit_test(right_values),
		cmocka_unit_test(wrong_values), cmocka_unit_test(off),
		cmocka_unit_test(relative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
