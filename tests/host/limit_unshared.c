/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_unshared.c - namespaces of every kind at once, and a new root, as container runtimes do
 * host: root says torn
 */
#include "host.h"
#include <sys/mount.h>

static int inside(void)
{
	churn(1, 2000);
	MUST(unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWPID) == 0);
	MUST(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	MUST(mkdir("root", 0755) == 0 || errno == EEXIST);
	MUST(mount("none", "root", "tmpfs", 0, "size=64k") == 0);
	MUST(mkdir("root/old", 0755) == 0);
	MUST(syscall(SYS_pivot_root, "root", "root/old") == 0);
	MUST(chdir("/") == 0 && umount2("/old", MNT_DETACH) == 0);
	churn(2, 3000);
	if (fork() == 0) {
		CHECK(getpid() == 1);
		churn(3, 3000);
		exit(3);
	}
	CHECK(TEMP_FAILURE_RETRY(wait(NULL)) > 0);
	KEEP(malloc(5000));
	exit(host_failed ? 1 : 6);
}

int main(void)
{
	int status;

	NEED(unshare(CLONE_NEWNS) == 0, "no mount namespaces here");
	status = reap(child(inside));
	printf("%s\n", ended(status));
	rmdir("root");
	return done();
}
