/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_steady.c - the set of open descriptors after each thing that might wake a profiler up
 */
#include "host.h"

static void show(const char *when)
{
	printf("%s:", when);
	host_numbers("/proc/self/fd", print_number);
	printf(" threads %d\n", threads_now());
}

static void *thread(void *arg)
{
	free(malloc(2000000));
	return arg;
}

static int in_child(void)
{
	churn(1, 3000);
	return descriptors_now();
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	show("start");
	free(malloc(10));
	show("first malloc");
	churn(1, 5000);
	show("much malloc");
	thread(NULL);
	show("large malloc");
	crew(1, thread);
	show("first thread");
	crew(8, thread);
	show("threads");
	printf("child has %d\n", WEXITSTATUS(reap(child(in_child))));
	show("child");
	CHECK(system("exit 0") == 0);
	show("system");
	return done();
}
