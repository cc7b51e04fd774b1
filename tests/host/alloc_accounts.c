/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_accounts.c - a program that keeps books: what it frees is free, to the byte, from its first
 * allocation on, and so are the number of arenas and the end of the heap
 */
#include "host.h"

static size_t in_use(void)
{
	return mallinfo2().uordblks;
}

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

static void *idle(void *arg)
{
	return arg;
}

int main(void)
{
	static void *p[2000];
	size_t before = in_use();
	char *end;

	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 2000; i++) {
			p[i] = malloc(2000);
		}
		for (int i = 0; i < 2000; i++) {
			free(p[i]);
		}
	}
	printf("in use: %zd more\n", (ssize_t)(in_use() - before));
	before = in_use();
	for (int i = 0; i < 100; i++) {
		free(malloc(50000));
	}
	printf("in use: %zd more\n", (ssize_t)(in_use() - before));
	end = sbrk(0);
	for (int i = 0; i < 100; i++) {
		free(malloc(50000));
	}
	printf("the end of the heap moved by %zd\n", (char *)sbrk(0) - end);
	printf("arenas: %d\n", arenas());
	crew(3, idle);
	printf("arenas: %d\n", arenas());
	return done();
}
