/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sig_fd.c - SIGUSR2 read from a signalfd, with sender and value
 * host: usr2
 */
#include "signals.h"
#include <sys/signalfd.h>

static int fd;

static void fetch(void)
{
	struct signalfd_siginfo info;
	struct pollfd ready = {fd, POLLIN, 0};

	if (poll(&ready, 1, 20) != 1) {
		return;
	}
	CHECK(read(fd, &info, sizeof(info)) == sizeof(info));
	CHECK(info.ssi_signo == SIGUSR2 && info.ssi_pid == (unsigned)post_pid);
	CHECK(info.ssi_int == heard_count);
	heard();
}

int main(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	MUST(fd >= 0);
	churn(1, 3000);
	post(SIGUSR2, 100, true);
	printf("read %d\n", posted(fetch));
	close(fd);
	return done();
}
