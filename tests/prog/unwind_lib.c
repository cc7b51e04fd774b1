/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwind_lib.c - a library for unwind_c.c; built with different FRAME values its code is of the
 * same size, at the same place, with frames of other sizes
 */
int through(void (*f)(void));

static volatile int sink;

static __attribute__((noinline)) int inner(void (*f)(void))
{
	volatile char room[FRAME];

	room[0] = 1;
	f();
	return room[0] + sink;
}

int through(void (*f)(void))
{
	volatile char room[1000 - FRAME];

	room[1] = 2;
	return inner(f) + room[1];
}
