/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_ctor_waits_early.c - as alloc_ctor_waits, but linked: the thread runs before main, and
 * before this program has called anything host: lib=lib_waits link=$HOST_LIB/lib_waits.so usr2
 */
#include "host.h"

int waits_answer(void);

int main(void)
{
	printf("answer %d\n", waits_answer());
	churn(1, 2000);
	return done();
}
