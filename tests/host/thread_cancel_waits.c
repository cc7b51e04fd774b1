/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_cancel_waits.c - threads that are cancelled in every kind of wait, where they alone hear
 * the signals: each ends, runs its clean-up once, and its stack is whole
 */
#include "host.h"
#include <poll.h>
#include <semaphore.h>
#include <sys/epoll.h>

static int pipes[2], ep, cleaned;
static sem_t sem, ready;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

static void clean(void *arg)
{
	free(arg);
	__atomic_add_fetch(&cleaned, 1, __ATOMIC_RELAXED);
}

static void unlock(void *arg)
{
	pthread_mutex_unlock(arg);
}

static void wait_by(int how)
{
	struct timespec t = {30, 0}, until;
	struct pollfd p = {pipes[0], POLLIN, 0};
	struct epoll_event event;
	fd_set set;
	char c;

	switch (how) {
	case 0:
		nanosleep(&t, NULL);
		break;
	case 1:
		poll(&p, 1, 30000);
		break;
	case 2:
		poll(&p, 1, -1);
		break;
	case 3:
		epoll_wait(ep, &event, 1, 30000);
		break;
	case 4:
		FD_ZERO(&set);
		FD_SET(pipes[0], &set);
		select(pipes[0] + 1, &set, NULL, NULL, NULL);
		break;
	case 5:
		CHECK(read(pipes[0], &c, 1) < 0);
		break;
	case 6:
		pause();
		break;
	case 7:
		while (sem_wait(&sem) != 0) {
		}
		break;
	case 8:
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += 30;
		sem_timedwait(&sem, &until);
		break;
	default:
		pthread_mutex_lock(&mutex);
		pthread_cleanup_push(unlock, &mutex);
		pthread_cond_wait(&cond, &mutex);
		pthread_cleanup_pop(1);
	}
}

static void *waiter(void *arg)
{
	void *p = malloc(1000);

	pthread_cleanup_push(clean, p);
	sem_post(&ready);
	for (;;) {
		wait_by((int)(intptr_t)arg);
	}
	pthread_cleanup_pop(0);
	return NULL;
}

int main(void)
{
	sigset_t all, old;
	pthread_t ids[10];
	int rounds = 40;

	MUST(pipe(pipes) == 0);
	ep = epoll_create1(EPOLL_CLOEXEC);
	sem_init(&sem, 0, 0);
	sem_init(&ready, 0, 0);
	sigfillset(&all);
	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < 10; i++) {
			MUST(pthread_create(&ids[i], NULL, waiter, (void *)(intptr_t)i) == 0);
		}
		pthread_sigmask(SIG_BLOCK, &all, &old);
		for (int i = 0; i < 10; i++) {
			while (sem_wait(&ready) != 0) {
			}
		}
		pause_ms(round % 4);
		for (int i = 0; i < 10; i++) {
			void *result;

			pthread_cancel(ids[(i + round) % 10]);
			pthread_join(ids[(i + round) % 10], &result);
			CHECK(result == PTHREAD_CANCELED);
		}
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
	printf("cleaned %d\n", cleaned);
	close(pipes[0]);
	close(pipes[1]);
	close(ep);
	return done();
}
