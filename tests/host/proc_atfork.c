/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_atfork.c - pthread_atfork handlers that allocate, in their order, with locks held
 * host: wide
 */
#include "host.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char order[32];
static void *kept;

static void note(char c)
{
	size_t n = strlen(order);

	if (n < sizeof(order) - 1) {
		order[n] = c;
	}
}

static void before_a(void)
{
	note('a');
	pthread_mutex_lock(&lock);
	kept = malloc(5000);
}

static void after_a(void)
{
	note('A');
	free(kept);
	pthread_mutex_unlock(&lock);
}

static void before_b(void)
{
	note('b');
	churn(1, 200);
}

static void after_b(void)
{
	note('B');
	churn(2, 200);
}

static void child_b(void)
{
	note('C');
	churn(3, 200);
}

static int show(void)
{
	return !strcmp(order, "baAC") || !strcmp(order, "ba");
}

int main(void)
{
	pthread_atfork(before_a, after_a, after_a);
	pthread_atfork(before_b, after_b, child_b);
	for (int i = 0; i < 30; i++) {
		memset(order, 0, sizeof(order));
		CHECK(reap(child(show)) == 1 << 8);
		CHECK(!strcmp(order, "baAB"));
	}
	return done();
}
