/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_chroot.c - the program moves into an empty root and goes on there as nobody
 * host: root says
 */
#include "host.h"

static void *thread(void *arg)
{
	churn((unsigned)(intptr_t)arg, 3000);
	return NULL;
}

static int inside(void)
{
	MUST(chroot("jail") == 0 && chdir("/") == 0);
	churn(1, 3000);
	MUST(setresgid(65534, 65534, 65534) == 0);
	MUST(setresuid(65534, 65534, 65534) == 0);
	crew(3, thread);
	churn(2, 3000);
	CHECK(malloc(5000));
	exit(host_failed ? 1 : 6);
}

int main(void)
{
	CHECK(mkdir("jail", 0755) == 0);
	printf("%s\n", ended(reap(child(inside))));
	fflush(stdout);
	churn(1, 3000);
	printf("%s\n", ended(reap(child(inside))));
	CHECK(rmdir("jail") == 0);
	return done();
}
