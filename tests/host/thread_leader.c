/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_leader.c - the main thread leaves by pthread_exit, the others go on for a while
 */
#include "host.h"

static void *last(void *arg)
{
	pthread_join(*(pthread_t *)arg, NULL);
	churn(1, 3000);
	host_failed |= done();
	exit(host_failed);
}

int main(void)
{
	static pthread_t self, id;

	self = pthread_self();
	churn(2, 2000);
	pthread_create(&id, NULL, last, &self);
	pthread_exit(NULL);
}
