/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_rest.c - a program that never heard of the signal gets all that it asks for by one call:
 * bytes through a full pipe or socket, from a random device, with MSG_WAITALL; and a socket's
 * time-out, not EINTR. A signal of its own that comes amid such a call still ends it. host: time=40
 */
#include "host.h"
#include <poll.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#define BYTES (1 << 20)

static char big[BYTES];
static int ends[2], file;

static ssize_t by_write(void)
{
	return write(ends[1], big, BYTES);
}

static ssize_t by_writev(void)
{
	struct iovec parts[] = {{big, 3}, {big, 0}, {big, BYTES / 2}, {big, BYTES / 2 - 3}};

	return writev(ends[1], parts, 4);
}

static ssize_t by_send(void)
{
	return send(ends[1], big, BYTES, 0);
}

static ssize_t by_sendmsg(void)
{
	struct iovec parts[] = {{big, BYTES - 5}, {big, 5}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

	return sendmsg(ends[1], &message, 0);
}

static ssize_t by_sendfile(void)
{
	off_t from = 0;

	return sendfile(ends[1], file, &from, BYTES);
}

/* Reads slowly, so that the writer waits most of the time, and checks what comes. */
static void drain(void)
{
	char part[8192];
	unsigned at = 0;
	ssize_t n;

	while ((n = read(ends[0], part, sizeof(part))) > 0) {
		for (ssize_t i = 0; i < n; i++, at++) {
			MUST(part[i] == 0 || (at >= 3 && at < BYTES));
		}
		pause_ms(1);
	}
	_exit(at == BYTES ? 0 : 1);
}

static void through(const char *what, bool sockets, ssize_t (*fn)(void))
{
	MUST(sockets ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 : pipe(ends) == 0);
	pid_t reader = fork();

	if (reader == 0) {
		close(ends[1]);
		drain();
	}
	close(ends[0]);
	printf("%s: %zd", what, fn());
	close(ends[1]);
	printf(", reader %s\n", ended(reap(reader)));
	fflush(stdout);
}

static void whole_messages(void)
{
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	pid_t writer = fork();

	if (writer == 0) {
		for (int i = 0; i < 30; i++) {
			MUST(write(ends[1], big, 100) == 100);
			pause_ms(3);
		}
		_exit(0);
	}
	printf("MSG_WAITALL: %zd\n", recv(ends[0], big, 3000, MSG_WAITALL));
	reap(writer);
	close(ends[0]);
	close(ends[1]);
}

static void random_bytes(void)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	char *room = malloc(8 * BYTES);

	MUST(room && fd >= 0);
	for (int i = 0; i < 3; i++) {
		CHECK(read(fd, room, 8 * BYTES) == 8 * BYTES);
		CHECK(getrandom(room, 8 * BYTES, 0) == 8 * BYTES);
	}
	free(room);
	close(fd);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void timed(const char *what, double from, ssize_t got)
{
	printf("%s: %s%s\n", what, got < 0 ? strerror(errno) : "something",
	       now() - from < 0.099 ? " too early" : "");
	fflush(stdout);
}

static void time_outs(void)
{
	struct timeval limit = {0, 100000};
	struct iovec part = {big, 10};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	char c = 0;

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	timed("recv", now(), recv(ends[0], &c, 1, 0));
	timed("read", now(), read(ends[0], &c, 1));
	timed("recvmsg", now(), recvmsg(ends[0], &message, 0));
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	while (write(ends[0], big, BYTES) > 0) {
	}
	fcntl(ends[0], F_SETFL, 0);
	timed("send", now(), send(ends[0], &c, 1, 0));
	close(ends[0]);
	close(ends[1]);
}

static void rang(int sig)
{
	(void)sig;
}

/* Nobody reads: only the alarm ends these. */
static void ended_by_alarm(void)
{
	struct sigaction act = {.sa_handler = rang};
	struct itimerval soon = {{0, 0}, {0, 150000}};
	ssize_t n;

	sigaction(SIGALRM, &act, NULL);
	MUST(pipe(ends) == 0);
	setitimer(ITIMER_REAL, &soon, NULL);
	n = write(ends[1], big, BYTES);
	printf("cut by an alarm: %zd\n", n);
	setitimer(ITIMER_REAL, &soon, NULL);
	n = write(ends[1], big, BYTES);
	printf("and again: %zd %s\n", n, strerror(errno));
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	FILE *f = tmpfile();

	MUST(f);
	file = fileno(f);
	memset(big + 3, 'x', BYTES - 3);
	MUST(write(file, big, BYTES) == BYTES);
	through("write", false, by_write);
	through("writev", false, by_writev);
	through("send", true, by_send);
	through("sendmsg", true, by_sendmsg);
	through("sendfile", false, by_sendfile);
	whole_messages();
	random_bytes();
	time_outs();
	ended_by_alarm();
	fclose(f);
	return done();
}
