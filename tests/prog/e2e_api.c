/* SPDX-License-Identifier: Apache-2.0 */
/*
 * e2e_api DUMP - use the public API by weak references; works without the library too
 *
 * Prints whether the library is there. Leaks 100 blocks of 1,000 bytes while recording, 100 of
 * 3,000 while paused, 100 of 5,000 after resuming, then dumps to DUMP.
 */
#include <stdio.h>
#include <stdlib.h>

#include <leaktrack.h>

static void *volatile sink;

static __attribute__((noinline)) void forget(size_t size)
{
	for (int i = 0; i < 100; i++) {
		sink = malloc(size);
	}
}

int main(int argc, char **argv)
{
	if (!leaktrack_version) {
		puts("without");
		return leaktrack_dump || leaktrack_pause || leaktrack_resume || leaktrack_set_rate;
	}
	printf("with %s\n", leaktrack_version());
	forget(1000);
	leaktrack_pause();
	forget(3000);
	leaktrack_resume();
	forget(5000);
	if (argc > 1) {
		int ret = leaktrack_dump(argv[1]);

		if (ret != 0) {
			fprintf(stderr, "leaktrack_dump: %d\n", ret);
			return 1;
		}
	}
	return 0;
}
