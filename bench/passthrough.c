/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passthrough.c - a preload that does nothing but hand malloc and free on, as tail calls
 *
 * The floor for whatever is preloaded. For the loop only: it knows two functions, and one thread
 * before it knows the real ones.
 */
#include <dlfcn.h>
#include <stddef.h>

void *malloc(size_t size);
void free(void *block);

static void *first(size_t size);
static void first_free(void *block);
static void *(*real_malloc)(size_t) = first;
static void (*real_free)(void *) = first_free;

static void resolve(void)
{
	real_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	real_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
}

static void *first(size_t size)
{
	resolve();
	return real_malloc(size);
}

static void first_free(void *block)
{
	resolve();
	real_free(block);
}

void *malloc(size_t size)
{
	return real_malloc(size);
}

void free(void *block)
{
	real_free(block);
}
