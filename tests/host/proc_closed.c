/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_closed.c - started with descriptors 0, 1 and 2 closed: the next open gives 0
 * host: calm=executes_itself
 */
#include "host.h"

static int start_closed(void)
{
	dup2(1, 9);
	close(0);
	close(1);
	close(2);
	exec_self("closed");
	return 1;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		int a, b, c;

		churn(1, 5000);
		a = open("/dev/null", O_RDONLY);
		b = open("/dev/null", O_WRONLY);
		c = open("/dev/null", O_WRONLY);
		dprintf(9, "opened %d %d %d, in all %d\n", a, b, c, descriptors_now());
		churn(2, 5000);
		return 0;
	}
	churn(1, 3000);
	CHECK(reap(child(start_closed)) == 0);
	return done();
}
