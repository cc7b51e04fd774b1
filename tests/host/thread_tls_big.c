/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_tls_big.c - a program with 200 KB of thread variables, on small stacks
 */
#include "host.h"

static __thread char big[200000] = {1, 2, 3};
static __thread long words[100];

static void *work(void *arg)
{
	CHECK(big[0] == 1 && big[2] == 3 && big[199999] == 0 && words[99] == 0);
	memset(big, 7, sizeof(big));
	churn((unsigned)(intptr_t)arg, 1000);
	for (size_t i = 0; i < sizeof(big); i += 97) {
		CHECK(big[i] == 7);
	}
	return NULL;
}

int main(void)
{
	pthread_attr_t attr;
	pthread_t id;

	work(NULL);
	crew(6, work);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN + 200000 + 8192);
	for (int i = 0; i < 30; i++) {
		MUST(pthread_create(&id, &attr, work, NULL) == 0);
		pthread_join(id, NULL);
	}
	return done();
}
