/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_noproc.c - no /proc: an empty file system is mounted over it before the program starts
 * host: root
 */
#include "host.h"
#include <sys/mount.h>

static char path[PATH_MAX];

static void *thread(void *arg)
{
	churn((unsigned)(intptr_t)arg, 3000);
	return NULL;
}

static int work(void)
{
	churn(1, 5000);
	crew(3, thread);
	CHECK(access("/proc/self", F_OK) == -1);
	CHECK(no_children());
	return host_failed ? 1 : 6;
}

static int start(void)
{
	execl(path, path, "started", (char *)NULL);
	return 1;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		return work();
	}
	MUST(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
	NEED(unshare(CLONE_NEWNS) == 0, "no mount namespaces here");
	NEED(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "no private mounts here");
	NEED(mount("none", "/proc", "tmpfs", 0, "size=4k") == 0, "no mount here");
	printf("%s\n", ended(reap(child(work))));
	printf("%s\n", ended(reap(child(start))));
	fflush(stdout);
	return host_failed;
}
