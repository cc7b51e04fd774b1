/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc_clang_undefined.c - a program with clang's undefined sanitizer linked in, whose functions
 * win over ours host: cc=clang flags=-fsanitize=undefined time=60 calm=sanitizers_own_the_signals
 */
#include "host.h"

static void *work(void *arg)
{
	churn((unsigned)(intptr_t)arg, 3000);
	return NULL;
}

static int in_child(void)
{
	work(NULL);
	return 3;
}

int main(void)
{
	work(NULL);
	crew(4, work);
	printf("%s\n", ended(reap(child(in_child))));
	return host_failed;
}
