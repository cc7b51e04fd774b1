/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_stdio.c - descriptors 0, 1 and 2 closed at start, or closed later and opened as files of
 * the program's: nothing is ever written there but by the program
 */
#include "host.h"

static int closed(void)
{
	close(0);
	close(1);
	close(2);
	exec_self("closed");
	return 9;
}

static int reused(void)
{
	close(2);
	close(0);
	exec_self("reused");
	return 9;
}

static long length(const char *name)
{
	struct stat st;
	long n = stat(name, &st) == 0 ? (long)st.st_size : -1;

	unlink(name);
	return n;
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		int one = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600), two;

		churn(1, 5000);
		MUST(write(one, "hello", 5) == 5);
		two = open("second", O_RDWR | O_CREAT | O_TRUNC, 0600);
		churn(2, 5000);
		pause_ms(30);
		MUST(write(two, "hi", 2) == 2);
		return one * 10 + two;
	}
	printf("closed: %s", ended(reap(child(closed))));
	printf(", %ld", length("closed"));
	printf(", %ld\n", length("second"));
	printf("reused: %s", ended(reap(child(reused))));
	printf(", %ld", length("reused"));
	printf(", %ld\n", length("second"));
	return done();
}
