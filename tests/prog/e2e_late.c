/* SPDX-License-Identifier: Apache-2.0 */
/*
 * e2e_late HOW COUNT - leaks COUNT blocks of 500 bytes in a thread that pthread_create did not
 * make, before any other allocation
 *
 * HOW: c11 - thrd_create; timer - libc's own thread, for a timer that calls a function.
 */
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <time.h>

static int count;
static sem_t done;

static __attribute__((noinline)) void *leak(void)
{
	return malloc(500);
}

static int work(void *unused)
{
	(void)unused;
	for (int i = 0; i < count; i++) {
		if (!leak()) {
			abort();
		}
	}
	return 0;
}

static void on_timer(union sigval unused)
{
	(void)unused;
	work(NULL);
	sem_post(&done);
}

static int by_timer(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_timer};
	struct itimerspec soon = {.it_value = {.tv_nsec = 1000000}};
	timer_t timer;

	return sem_init(&done, 0, 0) || timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	       timer_settime(timer, 0, &soon, NULL) || sem_wait(&done);
}

static int by_c11(void)
{
	thrd_t thread;

	return thrd_create(&thread, work, NULL) != thrd_success ||
	       thrd_join(thread, NULL) != thrd_success;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		return 2;
	}
	count = atoi(argv[2]);
	return strcmp(argv[1], "c11") == 0 ? by_c11() : by_timer();
}
