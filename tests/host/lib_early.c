/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_early.c - a library that allocates as early and as late as the loader lets it
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int early_answer(void);
EXPORT const char *early_text(void);
EXPORT void *early_kept(int which);

static char *from_constructor;
static void *from_resolver;
static void *resized_in_resolver;

static int answer(void)
{
	return 42;
}

static void *resolve_answer(void)
{
	from_resolver = malloc(100);
	resized_in_resolver = realloc(calloc(1, 30), 300);
	free(malloc(20));
	free(resized_in_resolver);
	resized_in_resolver = malloc(70);
	return (void *)answer;
}

int early_answer(void) __attribute__((ifunc("resolve_answer")));

__attribute__((constructor)) static void construct(void)
{
	from_constructor = malloc(50);
	strcpy(from_constructor, "constructed");
	free(strdup("x"));
}

__attribute__((destructor)) static void destruct(void)
{
	void *p = malloc(1000);

	free(from_constructor);
	free(realloc(p, 2000));
	free(from_resolver);
}

const char *early_text(void)
{
	return from_constructor;
}

void *early_kept(int which)
{
	return which ? from_resolver : resized_in_resolver;
}
