/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_cut.c - a program with handlers of its own that are there to end a wait: each does, none is
 * lost, whatever else arrives at the same moment
 * host: slow time=60
 */
#include "host.h"
#include <poll.h>
#include <sys/epoll.h>

static volatile sig_atomic_t rang;
static int pipes[2];

static void ring(int sig)
{
	(void)sig;
	rang++;
}

static void timer(long us, long again)
{
	struct itimerval t = {{again / 1000000, again % 1000000}, {us / 1000000, us % 1000000}};

	setitimer(ITIMER_REAL, &t, NULL);
}

static bool cut_read(void)
{
	char c;

	return read(pipes[0], &c, 1) == -1 && errno == EINTR;
}

static bool cut_sleep(void)
{
	struct timespec t = {20, 0};

	return nanosleep(&t, &t) == -1 && errno == EINTR;
}

static bool cut_poll(void)
{
	struct pollfd p = {pipes[0], POLLIN, 0};

	return poll(&p, 1, 20000) == -1 && errno == EINTR;
}

static bool cut_select(void)
{
	fd_set set;
	struct timeval t = {20, 0};

	FD_ZERO(&set);
	FD_SET(pipes[0], &set);
	return select(pipes[0] + 1, &set, NULL, NULL, &t) == -1 && errno == EINTR;
}

static bool cut_wait(void)
{
	return waitpid(-1, NULL, 0) == -1 && errno == EINTR;
}

static bool cut_pause(void)
{
	sigset_t set, old;

	/* Blocked but in sigsuspend: no ring is missed. */
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, &old);
	sigdelset(&old, SIGALRM);
	while (!rang) {
		sigsuspend(&old);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return true;
}

static bool cut_ppoll(void)
{
	sigset_t set, old;
	struct pollfd p = {pipes[0], POLLIN, 0};

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, &old);
	sigdelset(&old, SIGALRM);
	while (!rang) {
		CHECK(ppoll(&p, 1, NULL, &old) == -1 && errno == EINTR);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return true;
}

/* The first ring comes a good while after the call; if that was too early on a busy machine, or
 * another signal's handler ended the call before, there are more. */
static void try(const char *what, bool (*fn)(void))
{
	int cut = 0;

	for (int i = 0; i < 60; i++) {
		rang = 0;
		timer(3000 + i * 37, 100000);
		while (!rang) {
			cut += fn() && rang;
		}
		timer(0, 0);
	}
	printf("%s: %d\n", what, cut);
	fflush(stdout);
}

/* Two processes wake each other, without a limit of time. */
static void ping_pong(void)
{
	pid_t other = getpid(), pid;
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, &old);
	sigdelset(&old, SIGALRM);
	rang = 0;
	pid = fork();
	if (pid != 0) {
		other = pid;
	}
	for (int i = 0; i < 2000; i++) {
		if (pid != 0) {
			kill(other, SIGALRM);
		}
		while (!rang) {
			sigsuspend(&old);
		}
		rang = 0;
		if (pid == 0) {
			kill(other, SIGALRM);
		}
	}
	if (pid == 0) {
		_exit(0);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	reap(pid);
	printf("played\n");
}

int main(void)
{
	struct sigaction act = {.sa_handler = ring};
	pid_t sleeper;

	MUST(pipe(pipes) == 0);
	sleeper = fork();
	if (sleeper == 0) {
		pause_ms(60000);
		_exit(0);
	}
	for (int full = 0; full < 2; full++) {
		if (full) {
			sigfillset(&act.sa_mask);
		}
		sigaction(SIGALRM, &act, NULL);
		try("read", cut_read);
		try("nanosleep", cut_sleep);
		try("poll", cut_poll);
		try("select", cut_select);
		try("waitpid", cut_wait);
		try("sigsuspend", cut_pause);
		try("ppoll", cut_ppoll);
		ping_pong();
	}
	kill(sleeper, SIGKILL);
	reap(sleeper);
	close(pipes[0]);
	close(pipes[1]);
	return done();
}
