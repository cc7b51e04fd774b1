/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_cancel_hot.c - threads cancelled at random while they allocate with cancellation enabled
 *
 * malloc and free are no cancellation points: the loop is left only where read() is called.
 */
#include "host.h"

static int null_fd;

static void *loop(void *arg)
{
	char c;

	for (unsigned i = 0;; i++) {
		free(malloc(i % 5000));
		if (i % 64 == 0 && read(null_fd, &c, 1) < 0) {
			break;
		}
	}
	return arg;
}

int main(void)
{
	null_fd = open("/dev/null", O_RDONLY);
	for (int i = 0; i < 300; i++) {
		pthread_t id[2];
		void *result;

		pthread_create(&id[0], NULL, loop, NULL);
		pthread_create(&id[1], NULL, loop, NULL);
		for (int k = 0; k < 50 * (i % 20); k++) {
			KEEP(id);
		}
		pthread_cancel(id[0]);
		pthread_cancel(id[1]);
		for (int k = 0; k < 2; k++) {
			CHECK(pthread_join(id[k], &result) == 0 && result == PTHREAD_CANCELED);
		}
	}
	close(null_fd);
	churn(1, 1000);
	return done();
}
