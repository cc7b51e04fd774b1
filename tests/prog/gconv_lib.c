/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gconv_lib.c - a character set for iconv that leaks a block of SIZE bytes each time it is opened
 *
 * glibc loads it by a dlopen of its own, and unloads it by a dlclose that nobody can stand in front
 * of. Built with different FRAME values its code is of the same size, at the same place, with
 * frames of other sizes. It converts nothing.
 */
#include <gconv.h>
#include <stdlib.h>

static void *volatile leaked;

int gconv_init(struct __gconv_step *step);
int gconv(struct __gconv_step *step, struct __gconv_step_data *data, const unsigned char **in,
	  const unsigned char *end, unsigned char **out, size_t *n, int flush, int more);

static __attribute__((noinline)) int inner(void)
{
	volatile char room[FRAME];

	room[0] = 1;
	leaked = malloc(SIZE);
	return room[0];
}

static __attribute__((noinline)) int through(void)
{
	volatile char room[1000 - FRAME];

	room[1] = 2;
	return inner() + room[1];
}

int gconv_init(struct __gconv_step *step)
{
	step->__min_needed_from = step->__max_needed_from = 4;
	step->__min_needed_to = step->__max_needed_to = 1;
	step->__stateful = 0;
	return through() ? __GCONV_OK : __GCONV_NOCONV;
}

int gconv(struct __gconv_step *step, struct __gconv_step_data *data, const unsigned char **in,
	  const unsigned char *end, unsigned char **out, size_t *n, int flush, int more)
{
	(void)step, (void)data, (void)in, (void)end, (void)out, (void)n, (void)flush, (void)more;
	return __GCONV_EMPTY_INPUT;
}
