/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_shm_fills.c - /dev/shm fills up while the program runs: pages that were promised stay
 * host: slow root says time=40
 */
#include "host.h"
#include <sys/mount.h>

static void fill(void)
{
	static char block[4096];
	int fd = open("/dev/shm/filler", O_CREAT | O_WRONLY, 0600);

	while (write(fd, block, sizeof(block)) == sizeof(block)) {
	}
	close(fd);
}

static __attribute__((noinline)) void *deep(unsigned bits, int n)
{
	void *p = n == 0 ? malloc(40) : deep(bits >> 1, n - 1);

	KEEP(p);
	return p;
}

static int work(void)
{
	churn(1, 2000);
	fill();
	for (unsigned i = 0; i < 100000; i++) {
		KEEP(deep(i, (int)(i % 40)));
	}
	churn(2, 5000);
	exit(host_failed ? 1 : 6);
}

static int start(void)
{
	exec_self("started");
	return 1;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		return work();
	}
	NEED(unshare(CLONE_NEWNS) == 0, "no mount namespaces here");
	NEED(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "no private mounts here");
	for (int mb = 1; mb <= 64; mb *= 8) {
		char options[64];

		snprintf(options, sizeof(options), "size=%dm,mode=1777", mb);
		MUST(mount("none", "/dev/shm", "tmpfs", 0, options) == 0);
		printf("%d MB: %s\n", mb, ended(reap(child(start))));
		fflush(stdout);
		MUST(umount2("/dev/shm", MNT_DETACH) == 0);
	}
	return host_failed;
}
