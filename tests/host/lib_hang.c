/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_hang.c - a library whose constructor does not come to an end for a while; the loader's lock
 * is held meanwhile
 */
#include <unistd.h>

__attribute__((constructor)) static void construct(void)
{
	sleep(8);
}
