/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_unshare.c - unshare(CLONE_NEWUSER) wants a process of one thread that shares nothing
 */
#include "host.h"

static int unshares(void)
{
	churn(1, 5000);
	CHECK(threads_now() == 1);
	return unshare(CLONE_NEWUSER) == 0 ? 0 : errno;
}

static int first(void)
{
	int r = unshare(CLONE_NEWUSER);

	churn(1, 5000);
	return r == 0 ? 0 : errno;
}

int main(void)
{
	printf("before the first malloc: %d\n", reap(child(first)));
	printf("after: %d\n", reap(child(unshares)));
	churn(1, 5000);
	printf("again: %d\n", reap(child(unshares)));
	CHECK(unshare(CLONE_FS | CLONE_FILES) == 0);
	return done();
}
