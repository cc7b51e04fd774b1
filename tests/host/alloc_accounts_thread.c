/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_accounts_thread.c - threads that do not allocate get no arena, and leave nothing in use
 */
#include "host.h"

static int arenas(void)
{
	static char text[65536];
	FILE *f = fmemopen(text, sizeof(text), "w");
	int n = 0;

	MUST(f && malloc_info(0, f) == 0);
	fclose(f);
	for (char *at = text; (at = strstr(at, "<heap nr=")) != NULL; at++) {
		n++;
	}
	return n;
}

static pthread_barrier_t gate;

static void *idle(void *arg)
{
	pthread_barrier_wait(&gate);
	return arg;
}

int main(void)
{
	size_t before;

	printf("arenas: %d\n", arenas());
	before = mallinfo2().uordblks;
	pthread_barrier_init(&gate, NULL, 4);
	crew(4, idle);
	/* Each thread's table of thread-local storage has 288 bytes, and 16 a library that has any.
	 */
	before = mallinfo2().uordblks - before;
	printf("in use: %s\n", before < 4 * 288 + 256 ? "the four threads' tables" : "more");
	printf("arenas: %d\n", arenas());
	return done();
}
