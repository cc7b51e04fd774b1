/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_early.c - malloc before main: preinit array, constructors of the program and of a library,
 * and after main: atexit, on_exit, destructors
 */
#include "host.h"

static char *first, *second;

static void preinit(int argc, char **argv, char **env)
{
	(void)argc;
	(void)argv;
	(void)env;
	first = malloc(111);
	first = realloc(first, 5000);
	free(calloc(5, 5));
}

__attribute__((section(".preinit_array"), used)) static void (*early)(int, char **,
								      char **) = preinit;

__attribute__((constructor(101))) static void construct(void)
{
	second = calloc(10, 10);
	churn(1, 1000);
}

__attribute__((destructor)) static void destruct(void)
{
	churn(2, 1000);
	free(first);
}

static void at_exit(void)
{
	churn(3, 1000);
	free(second);
	second = malloc(10);
}

static void late(int status, void *arg)
{
	free(arg);
	CHECK(status == 0);
	churn(4, 1000);
	CHECK(write(1, "late\n", 5) == 5);
}

int main(void)
{
	atexit(at_exit);
	on_exit(late, malloc(3));
	churn(5, 1000);
	CHECK(first && second);
	return done();
}
