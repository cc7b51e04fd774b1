/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_setuid.c - root becomes nobody, by setuid, seteuid and back, setgroups; work goes on
 * host: root
 */
#include "host.h"
#include <grp.h>
#include <sys/fsuid.h>

static int drop(void)
{
	CHECK(setgroups(0, NULL) == 0);
	CHECK(setresgid(65534, 65534, 65534) == 0);
	CHECK(setresuid(65534, 65534, 65534) == 0);
	churn(1, 5000);
	CHECK(setuid(0) == -1);
	CHECK(threads_now() == 1);
	exit(host_failed);
}

static int drop_first(void)
{
	MUST(setresuid(65534, 65534, 65534) == 0);
	exec_self("work");
	return 1;
}

static void *busy(void *arg)
{
	churn(4, 5000);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t id;

	(void)argv;
	if (argc > 1) {
		churn(3, 5000);
		return 0;
	}
	CHECK(reap(child(drop)) == 0);
	churn(1, 5000);
	CHECK(reap(child(drop)) == 0);
	CHECK(reap(child(drop_first)) == 0);
	for (int i = 0; i < 20; i++) {
		CHECK(seteuid(65534) == 0);
		churn((unsigned)i, 300);
		CHECK(seteuid(0) == 0);
		setfsuid(65534);
		churn((unsigned)i, 300);
		setfsuid(0);
	}
	pthread_create(&id, NULL, busy, NULL);
	CHECK(seteuid(65534) == 0);
	pthread_join(id, NULL);
	CHECK(seteuid(0) == 0);
	return done();
}
