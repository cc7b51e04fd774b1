/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_mlock.c - mlockall(MCL_CURRENT | MCL_FUTURE): what is mapped later is resident at once, so
 * a profiler must map little; and with a small RLIMIT_MEMLOCK mapping fails
 * host: root says
 */
#include "host.h"

static long locked_kb(void)
{
	char text[8192];
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	char *at;

	close(fd);
	MUST(n > 0);
	text[n] = 0;
	at = strstr(text, "VmLck:");
	return at ? atol(at + 6) : -1;
}

static void *thread(void *arg)
{
	churn((unsigned)(intptr_t)arg, 2000);
	return NULL;
}

static int locks(void)
{
	long before;

	MUST(mlockall(MCL_CURRENT | MCL_FUTURE) == 0);
	before = locked_kb();
	churn(1, 5000);
	CHECK(locked_kb() - before < 40000);
	thread(NULL);
	exit(host_failed ? 1 : 6);
}

static int limited(void)
{
	struct rlimit limit = {300 << 10, 300 << 10};

	mlockall(MCL_FUTURE);
	MUST(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
	MUST(setresuid(65534, 65534, 65534) == 0);
	for (int i = 0; i < 20000; i++) {
		void *p = malloc((size_t)i % 2000);

		KEEP(p);
		free(p);
	}
	exit(host_failed ? 1 : 7);
}

int main(void)
{
	for (int i = 0; i < 2; i++) {
		printf("%s\n", ended(reap(child(locks))));
		printf("%s\n", ended(reap(child(limited))));
		fflush(stdout);
		churn(1, 3000);
	}
	return done();
}
