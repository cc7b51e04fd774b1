/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_resources.c - every resource limit at its least, one after the other, each in a child that
 * works on
 */
#include "host.h"

static const struct {
	int what;
	const char *name;
	rlim_t limit;
} all[] = {
	{RLIMIT_AS, "address space 100 MB", 100 << 20},
	{RLIMIT_CORE, "core", 0},
	{RLIMIT_DATA, "data 8 MB", 8 << 20},
	{RLIMIT_FSIZE, "file size", 0},
	{RLIMIT_FSIZE, "file size 4 KiB", 4096},
	{RLIMIT_LOCKS, "locks", 0},
	{RLIMIT_MEMLOCK, "locked memory", 0},
	{RLIMIT_MSGQUEUE, "message queues", 0},
	{RLIMIT_NICE, "nice", 0},
	{RLIMIT_NOFILE, "descriptors", 0},
	{RLIMIT_NPROC, "processes", 0},
	{RLIMIT_RSS, "resident", 0},
	{RLIMIT_RTPRIO, "realtime priority", 0},
	{RLIMIT_RTTIME, "realtime", 1000},
	{RLIMIT_SIGPENDING, "pending signals", 0},
	{RLIMIT_STACK, "stack 64 KiB", 64 << 10},
};

static int at;

static void *thread(void *arg)
{
	churn(3, 1000);
	return arg;
}

static int run(void)
{
	struct rlimit limit = {all[at].limit, all[at].limit};
	pthread_attr_t attr;
	pthread_t one;
	void *kept[100];

	MUST(setrlimit(all[at].what, &limit) == 0);
	churn((unsigned)at, 2000);
	for (int i = 0; i < 100; i++) {
		kept[i] = malloc(20000);
		MUST(kept[i] != NULL);
	}
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	if (pthread_create(&one, &attr, thread, NULL) == 0) {
		pthread_join(one, NULL);
	}
	for (int i = 0; i < 100; i++) {
		free(kept[i]);
	}
	for (int i = 0; i < 200 && all[at].what == RLIMIT_SIGPENDING; i++) {
		union sigval value = {.sival_int = i};

		(void)sigqueue(getpid(), SIGURG, value);
	}
	return 0;
}

static int run_exec(void)
{
	struct rlimit limit = {all[at].limit, all[at].limit};

	MUST(setrlimit(all[at].what, &limit) == 0);
	exec_self("work");
	return errno;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		churn(9, 3000);
		pthread_t one;

		if (pthread_create(&one, NULL, thread, NULL) == 0) {
			pthread_join(one, NULL);
		}
		return 0;
	}
	for (at = 0; at < (int)(sizeof(all) / sizeof(all[0])); at++) {
		printf("%s: %s", all[at].name, ended(reap(child(run))));
		if (all[at].what != RLIMIT_NOFILE && all[at].what != RLIMIT_NPROC) {
			printf(", executed: %s", ended(reap(child(run_exec))));
		}
		printf("\n");
		fflush(stdout);
	}
	return done();
}
