/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_secure.c - a set-user-ID copy of this program: AT_SECURE, started with our environment
 * host: root
 */
#include "host.h"
#include <sys/auxv.h>

static int as_nobody(void)
{
	MUST(setresgid(65534, 65534, 65534) == 0);
	MUST(setresuid(65534, 65534, 65534) == 0);
	execl("./copy", "copy", "work", (char *)NULL);
	return 9;
}

int main(int argc, char **argv)
{
	char self[PATH_MAX] = "", cmd[PATH_MAX + 50];
	int status;

	(void)argv;
	if (argc > 1) {
		churn(3, 5000);
		CHECK(getauxval(AT_SECURE) == 1);
		CHECK(geteuid() == 0 && getuid() == 65534);
		return host_failed ? 3 : 5;
	}
	MUST(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	snprintf(cmd, sizeof(cmd), "cp %s copy && chmod 4755 copy", self);
	MUST(system(cmd) == 0);
	status = reap(child(as_nobody));
	NEED(!WIFEXITED(status) || WEXITSTATUS(status) != 3, "the folder is mounted nosuid");
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	unlink("copy");
	prctl(PR_SET_DUMPABLE, 0);
	churn(3, 5000);
	return done();
}
