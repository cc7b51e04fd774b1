/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_uncut.c - a program without any handler has never heard of EINTR: what it waits for it waits
 * for to the end, however often it is asked for a dump
 */
#include "host.h"
#include <poll.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/sem.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double from;

static struct timespec *soon(void)
{
	static struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += 60000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return &t;
}

static void report(const char *what, long got, double least)
{
	int err = errno;
	double took = now() - from;

	printf("%s: %ld%s%s%s\n", what, got, got < 0 ? " " : "", got < 0 ? strerror(err) : "",
	       took < least		? " too early"
	       : took > 3 * least + 0.5 ? " too late"
					: "");
	fflush(stdout);
	errno = 0;
	from = now();
}

int main(void)
{
	struct timespec t = {0, 60000000}, left;
	struct timeval v = {0, 60000};
	struct pollfd none = {-1, 0, 0};
	struct epoll_event event;
	int ep = epoll_create1(EPOLL_CLOEXEC);
	fd_set set;
	sem_t sem;

	from = now();
	report("nanosleep", nanosleep(&t, NULL), 0.06);
	report("nanosleep with rest", nanosleep(&t, &left), 0.06);
	report("clock_nanosleep", clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL), 0.06);
	report("usleep", usleep(60000), 0.06);
	report("sleep", sleep(1), 1);
	report("nanosleep until then",
	       clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, soon(), NULL), 0.06);
	report("poll", poll(&none, 1, 60), 0.06);
	report("ppoll", ppoll(&none, 1, &t, NULL), 0.06);
	FD_ZERO(&set);
	report("select", select(0, &set, NULL, NULL, &v), 0.06);
	report("pselect", pselect(0, &set, NULL, NULL, &t, NULL), 0.06);
	report("epoll_wait", epoll_wait(ep, &event, 1, 60), 0.06);
	report("epoll_pwait", epoll_pwait(ep, &event, 1, 60, NULL), 0.06);
	report("epoll_pwait2", epoll_pwait2(ep, &event, 1, &t, NULL), 0.06);
	sem_init(&sem, 0, 0);
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += 60000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	report("sem_timedwait", sem_timedwait(&sem, &t), 0.06);
	sigset_t usr1;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	t = (struct timespec){0, 60000000};
	report("sigtimedwait", sigtimedwait(&usr1, NULL, &t), 0.06);
	int sem_id = semget(IPC_PRIVATE, 1, 0600);
	struct sembuf down = {0, -1, 0};
	report("semtimedop", semtimedop(sem_id, &down, 1, &t), 0.06);
	semctl(sem_id, 0, IPC_RMID);
	/* Endless ones, ended by a child. */
	int ev = eventfd(0, EFD_CLOEXEC);
	event = (struct epoll_event){.events = EPOLLIN};
	epoll_ctl(ep, EPOLL_CTL_ADD, ev, &event);
	pid_t pid = fork();
	if (pid == 0) {
		pause_ms(100);
		eventfd_write(ev, 1);
		_exit(0);
	}
	report("epoll_wait without end", epoll_wait(ep, &event, 1, -1), 0.05);
	struct pollfd in = {ev, POLLIN, 0};
	eventfd_t got;
	eventfd_read(ev, &got);
	reap(pid);
	from = now();
	pid = fork();
	if (pid == 0) {
		pause_ms(100);
		eventfd_write(ev, 1);
		_exit(0);
	}
	report("poll without end", poll(&in, 1, -1), 0.05);
	reap(pid);
	close(ep);
	close(ev);
	return done();
}
