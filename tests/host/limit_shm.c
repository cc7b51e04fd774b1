/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_shm.c - /dev/shm is full, nearly full, read-only, or not a folder: never SIGBUS, no failure
 * host: root says time=60
 */
#include "host.h"
#include <sys/mount.h>

static void *thread(void *arg)
{
	churn((unsigned)(intptr_t)arg, 3000);
	return NULL;
}

static __attribute__((noinline)) void *deep(unsigned bits, int n)
{
	void *p = n == 0 ? malloc(40) : bits & 1 ? deep(bits >> 1, n - 1) : deep(bits >> 1, n - 1);

	KEEP(p);
	return p;
}

static int work(void)
{
	churn(1, 5000);
	crew(3, thread);
	for (unsigned i = 0; i < 60000; i++) {
		void *p = deep(i, 16);

		if (i % 4 == 0) {
			free(p);
		}
	}
	crew(3, thread);
	exit(host_failed ? 1 : 6);
}

static int start(void)
{
	exec_self("started");
	return 1;
}

static void fill(void)
{
	static char block[4096];
	int fd = open("/dev/shm/filler", O_CREAT | O_WRONLY, 0600);

	while (write(fd, block, sizeof(block)) == sizeof(block)) {
	}
	close(fd);
}

static void try(const char *what, const char *options, unsigned long flags, bool full)
{
	MUST(mount("none", "/dev/shm", "tmpfs", flags, options) == 0);
	if (full) {
		fill();
	}
	printf("%s: %s\n", what, ended(reap(child(start))));
	fflush(stdout);
	MUST(umount2("/dev/shm", MNT_DETACH) == 0);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		return work();
	}
	NEED(unshare(CLONE_NEWNS) == 0, "no mount namespaces here");
	NEED(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "no private mounts here");
	try("16 KB", "size=16k,mode=1777", 0, false);
	try("full", "size=64k,mode=1777", 0, true);
	try("300 KB", "size=300k,mode=1777", 0, false);
	try("2 MB", "size=2m,mode=1777", 0, false);
	try("read-only", "size=64k,mode=1777", MS_RDONLY, false);
	try("no files left", "size=1m,nr_inodes=1,mode=1777", 0, false);
	try("no entry", "size=1m,mode=0", 0, false);
	return host_failed;
}
