/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_disk.c - the folder for dumps is on a full disk, goes away, or is a file: said at most in a
 * line, nothing half-made is left
 * host: root says torn files=LOOSE
 */
#include "host.h"
#include <dirent.h>
#include <sys/mount.h>

static int start(void)
{
	exec_self("started");
	return 1;
}

static int entries(const char *folder)
{
	DIR *d = opendir(folder);
	int n = 0;

	if (!d) {
		return -1;
	}
	while (readdir(d)) {
		n++;
	}
	closedir(d);
	return n - 2;
}

static void fill(void)
{
	static char block[4096];
	int fd = open("dumps/filler", O_CREAT | O_WRONLY, 0600);

	while (write(fd, block, sizeof(block)) == sizeof(block)) {
	}
	close(fd);
}

int main(int argc, char **argv)
{
	char folder[PATH_MAX];

	(void)argv;
	if (argc > 1) {
		void *p[100];

		churn(1, 5000);
		for (int i = 0; i < 100; i++) {
			p[i] = malloc(5000);
		}
		KEEP(p);
		return 6;
	}
	MUST(getcwd(folder, sizeof(folder)));
	strcat(folder, "/dumps");
	setenv("LEAKTRACK_DIR", folder, 1);
	NEED(unshare(CLONE_NEWNS) == 0, "no mount namespaces here");
	mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	CHECK(mkdir("dumps", 0700) == 0);
	NEED(mount("none", "dumps", "tmpfs", 0, "size=64k") == 0, "no mount here");
	fill();
	printf("full: %s", ended(reap(child(start))));
	printf(", entries %d\n", entries("dumps"));
	CHECK(umount2("dumps", MNT_DETACH) == 0);
	NEED(mount("none", "dumps", "tmpfs", 0, "size=8k") == 0, "no mount here");
	printf("two pages: %s\n", ended(reap(child(start))));
	CHECK(umount2("dumps", MNT_DETACH) == 0);
	CHECK(rmdir("dumps") == 0);
	printf("gone: %s", ended(reap(child(start))));
	printf(", entries %d\n", entries("dumps"));
	close(open("dumps", O_CREAT | O_WRONLY, 0600));
	printf("a file: %s\n", ended(reap(child(start))));
	CHECK(unlink("dumps") == 0);
	CHECK(symlink("dumps", "dumps") == 0);
	printf("a loop: %s\n", ended(reap(child(start))));
	CHECK(unlink("dumps") == 0);
	return done();
}
