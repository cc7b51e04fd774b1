/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_helpers.c - threads that libc makes by itself: timers, message queues, aio, look-ups
 * host: link=-lrt link=-lanl
 */
#include "host.h"
#include <aio.h>
#include <mqueue.h>
#include <netdb.h>
#include <semaphore.h>

static sem_t rang;
static int count;

static void ring(union sigval value)
{
	void *p = malloc(5000);

	KEEP(p);
	churn((unsigned)value.sival_int, 20);
	free(p);
	__atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
	sem_post(&rang);
}

static void wait_for(int n)
{
	while (n > 0) {
		n -= sem_wait(&rang) == 0;
	}
}

int main(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD};
	struct itimerspec t = {{0, 2000000}, {0, 2000000}};
	timer_t timer;
	char name[40], buf[100] = "hello";
	mqd_t mq;

	sem_init(&rang, 0, 0);
	event.sigev_notify_function = ring;
	MUST(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	timer_settime(timer, 0, &t, NULL);
	wait_for(50);
	timer_delete(timer);
	snprintf(name, sizeof(name), "/host.%d", getpid());
	struct mq_attr attr = {.mq_maxmsg = 5, .mq_msgsize = 100};

	mq = mq_open(name, O_CREAT | O_RDWR, 0600, &attr);
	if (mq != (mqd_t)-1) {
		mq_unlink(name);
		while (sem_trywait(&rang) == 0) {
		}
		for (int i = 0; i < 5; i++) {
			MUST(mq_notify(mq, &event) == 0);
			MUST(mq_send(mq, "x", 1, 0) == 0);
			wait_for(1);
			MUST(mq_receive(mq, buf, 100, NULL) == 1);
		}
		mq_close(mq);
	}
	int fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct aiocb cb = {.aio_fildes = fd, .aio_buf = buf, .aio_nbytes = 100};
	const struct aiocb *list[] = {&cb};

	cb.aio_sigevent = event;
	while (sem_trywait(&rang) == 0) {
	}
	for (int i = 0; i < 20; i++) {
		MUST(aio_write(&cb) == 0);
		wait_for(1);
		while (aio_error(&cb) == EINPROGRESS) {
			aio_suspend(list, 1, NULL);
		}
		CHECK(aio_return(&cb) == 100);
	}
	close(fd);
	unlink("file");
	struct gaicb ask = {.ar_name = "127.0.0.1"}, *all[] = {&ask};

	MUST(getaddrinfo_a(GAI_WAIT, all, 1, NULL) == 0);
	CHECK(gai_error(&ask) == 0);
	freeaddrinfo(ask.ar_result);
	printf("rang\n");
	printf("%s\n", host_failed ? "failed" : "ok");
	fflush(stdout);
	_exit(host_failed);
}
