/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_order.c - the first malloc of a process happens in odd places: in a handler, in a vfork
 * child, in a thread while the main thread forks, in a detached thread at exit
 */
#include "host.h"

static char *block;

static void handler(int sig)
{
	(void)sig;
	block = malloc(1 << 20);
}

static int in_handler(void)
{
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	free(block);
	churn(1, 1000);
	return 3;
}

static int in_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		block = malloc(1 << 20);
		_exit(3);
	}
	reap(pid);
	free(block);
	churn(1, 1000);
	return 3;
}

static void *large(void *arg)
{
	for (int i = 0; i < 100; i++) {
		free(malloc(1 << 20));
	}
	return arg;
}

static int in_thread(void)
{
	pthread_t id;

	pthread_create(&id, NULL, large, NULL);
	for (int i = 0; i < 10; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			large(NULL);
			_exit(2);
		}
		CHECK(reap(pid) == 2 << 8);
	}
	pthread_join(id, NULL);
	return host_failed ? 1 : 3;
}

static int at_exit_only(void)
{
	pthread_t id;

	pthread_create(&id, NULL, large, NULL);
	pthread_detach(id);
	exit(3);
}

static int (*const ways[])(void) = {in_handler, in_vfork, in_thread, at_exit_only};
static int way;

static int start(void)
{
	char text[] = {(char)('0' + way), 0};

	exec_self(text);
	return 1;
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		return ways[atoi(argv[1])]();
	}
	for (way = 0; way < 4; way++) {
		for (int i = 0; i < 5; i++) {
			printf("way %d: %s\n", way, ended(reap(child(start))));
		}
	}
	return done();
}
