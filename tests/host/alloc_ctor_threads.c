/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_ctor_threads.c - a linked library whose constructor runs threads and a child to their end
 * before main, while nothing else has been allocated
 * host: lib=lib_busy link=$HOST_LIB/lib_busy.so
 */
#include "host.h"

int busy_answer(void);

int main(void)
{
	printf("answer %d\n", busy_answer());
	churn(1, 1000);
	return done();
}
