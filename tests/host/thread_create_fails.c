/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_create_fails.c - pthread_create that must fail fails as before: bad size, no memory
 */
#include "host.h"

static void *work(void *arg)
{
	churn(1, 100);
	return arg;
}

int main(void)
{
	pthread_attr_t attr;
	pthread_t id;
	cpu_set_t none;

	pthread_attr_init(&attr);
	printf("tiny stack: %d\n", pthread_attr_setstacksize(&attr, 100));
	pthread_attr_setstacksize(&attr, (size_t)1 << 46);
	printf("huge stack: %d\n", pthread_create(&id, &attr, work, NULL));
	pthread_attr_setstacksize(&attr, 1 << 20);
	CPU_ZERO(&none);
	pthread_attr_setaffinity_np(&attr, sizeof(none), &none);
	printf("no processor: %d\n", pthread_create(&id, &attr, work, NULL));
	printf("threads %d\n", threads_now());
	crew(4, work);
	return done();
}
