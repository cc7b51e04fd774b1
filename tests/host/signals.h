/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signals.h - a second process that sends signals one at a time, each after the last was handled
 *
 * post() starts it; the host's handler calls heard(). Paced so, standard signals are never merged
 * by the kernel: each sent one must be delivered exactly once, and the counts are exact.
 */
#ifndef HOST_SIGNALS_H
#define HOST_SIGNALS_H

#include "host.h"
#include <poll.h>

static int post_pipe[2] = {-1, -1};
static pid_t post_pid;
static int heard_count;

/* Async-signal-safe: count one delivery and let the next be sent. */
HOST_UNUSED static void heard(void)
{
	int err = errno;

	heard_count++;
	if (write(post_pipe[1], "x", 1) != 1) {
		host_fail(__FILE__, __LINE__, "acknowledge");
	}
	errno = err;
}

/* Runs in the sender: n signals with values 0 … n - 1, each acknowledged within two seconds. */
HOST_UNUSED static void post_all(pid_t to, int sig, int n, bool with_value)
{
	for (int i = 0; i < n; i++) {
		struct pollfd ready = {post_pipe[0], POLLIN, 0};
		char c;

		if (with_value) {
			MUST(sigqueue(to, sig, (union sigval){.sival_int = i}) == 0);
		} else {
			MUST(kill(to, sig) == 0);
		}
		if (poll(&ready, 1, 2000) != 1) {
			dprintf(2, "signal %d of %d was not handled\n", i + 1, n);
			_exit(1);
		}
		MUST(read(post_pipe[0], &c, 1) == 1);
	}
	/* A delivery too many would come now. */
	pause_ms(5);
}

HOST_UNUSED static void post(int sig, int n, bool with_value)
{
	pid_t host = getpid();

	heard_count = 0;
	MUST(pipe2(post_pipe, O_CLOEXEC) == 0);
	/* Not before post_pid is known: a handler that takes long can be kept busy from fork() on.
	 */
	sigset_t set, before;

	sigemptyset(&set);
	sigaddset(&set, sig);
	MUST(sigprocmask(SIG_BLOCK, &set, &before) == 0);
	post_pid = fork();
	MUST(post_pid >= 0);
	if (post_pid == 0) {
		signal(sig, SIG_IGN);
		MUST(sigprocmask(SIG_SETMASK, &before, NULL) == 0);
		post_all(host, sig, n, with_value);
		_exit(0);
	}
	MUST(sigprocmask(SIG_SETMASK, &before, NULL) == 0);
}

/* Waits for the sender's end, with fn (NULL: a little allocation) as the load meanwhile. */
HOST_UNUSED static int posted(void (*fn)(void))
{
	int status;

	for (unsigned i = 0;; i++) {
		pid_t got = waitpid(post_pid, &status, WNOHANG);

		if (got == post_pid) {
			break;
		}
		CHECK(got == 0 || errno == EINTR);
		if (fn) {
			fn();
		} else {
			churn(i, 5);
		}
	}
	CHECK(status == 0);
	close(post_pipe[0]);
	close(post_pipe[1]);
	return heard_count;
}

/* The signal's disposition as the host sees it, in words. */
HOST_UNUSED static const char *disposition(int sig)
{
	struct sigaction act;

	MUST(sigaction(sig, NULL, &act) == 0);
	return act.sa_handler == SIG_DFL   ? "default"
	       : act.sa_handler == SIG_IGN ? "ignored"
					   : "handler";
}

/* A hex line of /proc/self/status without the dump signal's bit. */
HOST_UNUSED static unsigned long long signal_bits(const char *field)
{
	char text[8192];
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	char *at;

	close(fd);
	MUST(n > 0);
	text[n] = 0;
	at = strstr(text, field);
	MUST(at);
	return strtoull(at + strlen(field) + 1, NULL, 16);
}

#endif
