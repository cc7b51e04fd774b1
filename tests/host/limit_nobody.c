/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_nobody.c - the whole program as nobody, not dumpable (its /proc files are root's), without
 * a home, and with a folder for dumps that it may not write host: root says torn
 * env=HOME=/nonexistent
 */
#include "host.h"

static void *thread(void *arg)
{
	churn((unsigned)(intptr_t)arg, 3000);
	return NULL;
}

static int start(void)
{
	setenv("LEAKTRACK_DIR", "/root", 1);
	setenv("TMPDIR", "/root", 1);
	MUST(setresgid(65534, 65534, 65534) == 0);
	MUST(setresuid(65534, 65534, 65534) == 0);
	exec_self("started");
	return 1;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		CHECK(prctl(PR_SET_DUMPABLE, 0) == 0);
		churn(1, 5000);
		crew(3, thread);
		KEEP(malloc(1000));
		return host_failed ? 1 : 6;
	}
	printf("%s\n", ended(reap(child(start))));
	return done();
}
