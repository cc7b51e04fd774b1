/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_cwd.c - the working folder is read-only, deleted, or forbidden, and no other was named
 * host: root nodir says
 */
#include "host.h"
#include <sys/mount.h>

static int nobody;

static int start(void)
{
	if (nobody) {
		MUST(setresgid(65534, 65534, 65534) == 0);
		MUST(setresuid(65534, 65534, 65534) == 0);
	}
	exec_self("started");
	return 1;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		churn(1, 5000);
		CHECK(malloc(3000));
		return 6;
	}
	CHECK(mkdir("gone", 0700) == 0 && mkdir("closed", 0700) == 0);
	CHECK(chdir("gone") == 0 && rmdir("../gone") == 0);
	printf("deleted: %s\n", ended(reap(child(start))));
	churn(1, 3000);
	NEED(unshare(CLONE_NEWNS) == 0, "no mount namespaces here");
	CHECK(chdir(getenv("TMPDIR")) == 0 && chdir("../cwd/closed") == 0);
	nobody = 1;
	printf("forbidden: %s\n", ended(reap(child(start))));
	nobody = 0;
	mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	NEED(mount("none", ".", "tmpfs", MS_RDONLY, "size=4k") == 0, "no mount here");
	CHECK(chdir("../closed") == 0);
	CHECK(open("x", O_CREAT | O_WRONLY, 0600) == -1 && errno == EROFS);
	printf("read-only: %s\n", ended(reap(child(start))));
	CHECK(chdir("..") == 0);
	umount2("closed", MNT_DETACH);
	CHECK(system("rm -rf closed") == 0);
	return done();
}
