/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_env.c - nonsense in every variable of the profiler: it says a line and the host runs on
 * host: says torn files=LOOSE time=60
 */
#include "host.h"

static const char *name, *value;

static int start(void)
{
	setenv(name, value, 1);
	exec_self("started");
	return 1;
}

int main(int argc, char **argv)
{
	static const char *const names[] = {
		"LEAKTRACK",	    "LEAKTRACK_RATE", "LEAKTRACK_SIGNAL", "LEAKTRACK_DIR",
		"LEAKTRACK_MEMORY", "LEAKTRACK_EXIT", "LEAKTRACK_KEEPER", "LEAKTRACK_NO_SUCH"};
	static char huge[120000];
	const char *const values[] = {"",
				      "0",
				      "-1",
				      "banana",
				      "18446744073709551616",
				      "99999999999999999999999999",
				      "1e9",
				      "64kk",
				      "0x10",
				      " 5",
				      "5 ",
				      "KILL",
				      "SIGSTOP",
				      "SEGV",
				      "9",
				      "32",
				      "33",
				      "65",
				      "1k",
				      "1t",
				      "%s%s%n",
				      "\n\n",
				      "/nonexistent/dir",
				      "/dev/null",
				      "\xff\xfe",
				      huge};

	(void)argv;
	if (argc > 1) {
		churn(1, 1000);
		KEEP(malloc(100));
		return 6;
	}
	memset(huge, 'h', sizeof(huge) - 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		for (size_t k = 0; k < sizeof(values) / sizeof(*values); k++) {
			name = names[i];
			value = values[k];
			int status = reap(child(start));

			if (status != 6 << 8) {
				printf("%s='%.30s': %s\n", name, value, ended(status));
			}
		}
	}
	return done();
}
