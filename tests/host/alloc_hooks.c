/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_hooks.c - glibc's other malloc functions still speak about the same heap
 */
#include "host.h"

int main(void)
{
	struct mallinfo2 before, during, after;
	char *text = NULL;
	size_t size = 0;
	FILE *f;
	void *p[100];

	/* Whatever a preload loads at its first sample is on the heap by now. */
	churn(1, 5000);
	before = mallinfo2();
	for (int i = 0; i < 100; i++) {
		p[i] = malloc(5000);
	}
	during = mallinfo2();
	for (int i = 0; i < 100; i++) {
		free(p[i]);
	}
	after = mallinfo2();
	CHECK(during.uordblks - before.uordblks >= 490000);
	CHECK(during.uordblks - before.uordblks <= 510000);
	CHECK(after.uordblks < during.uordblks - 450000);
	CHECK(mallopt(M_MMAP_THRESHOLD, 100000) == 1);
	before = mallinfo2();
	p[0] = malloc(200000);
	during = mallinfo2();
	printf("mmapped blocks: %zu more\n", during.hblks - before.hblks);
	free(p[0]);
	CHECK(mallopt(M_ARENA_MAX, 1) == 1);
	malloc_trim(0);
	f = open_memstream(&text, &size);
	MUST(f);
	CHECK(malloc_info(0, f) == 0);
	fclose(f);
	CHECK(size > 100 && strstr(text, "<malloc version="));
	free(text);
	return done();
}
