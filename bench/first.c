/* SPDX-License-Identifier: Apache-2.0 */
/*
 * first - a program whose life is one block: what a first sample costs, and nothing else
 */
#include <stdlib.h>

static void *volatile sink;

int main(void)
{
	sink = malloc(1 << 20);
	free(sink);
	return 0;
}
