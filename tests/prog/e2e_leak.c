/* SPDX-License-Identifier: Apache-2.0 */
/*
 * e2e_leak COUNT SIZE WAY - leak COUNT blocks of SIZE bytes, free as many others, end in a WAY
 *
 * WAY: return, exit, _exit, _Exit, quick_exit, raw (exit_group, as Go ends), kill (SIGKILL),
 * thread (the main thread ends first), or wait: print 'ready' and go on when a line comes in on
 * stdin, leak as much again, print 'again', wait for one more line, return. The pid comes first.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *volatile sink;

static __attribute__((noinline)) void forget(size_t size)
{
	sink = malloc(size); /* LEAK */
	__asm__ volatile("" ::: "memory");
}

static __attribute__((noinline)) void give_back(size_t size)
{
	void *block = malloc(size); /* CLEAN */

	sink = block;
	free(block);
}

static void work(long count, size_t size)
{
	for (long i = 0; i < count; i++) {
		forget(size);
		give_back(size);
	}
}

static void next_line(const char *say)
{
	char line[64];

	puts(say);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin)) {
		exit(3);
	}
}

static void *last(void *unused)
{
	pthread_join(*(pthread_t *)unused, NULL);
	work(1, 1);
	exit(0);
}

int main(int argc, char **argv)
{
	const char *way = argc > 3 ? argv[3] : "return";
	long count = argc > 1 ? atol(argv[1]) : 100;
	size_t size = argc > 2 ? (size_t)atol(argv[2]) : 1000;

	printf("pid %d\n", (int)getpid());
	fflush(stdout);
	work(count, size);
	if (strcmp(way, "wait") == 0) {
		next_line("ready");
		work(count, size);
		next_line("again");
	} else if (strcmp(way, "exit") == 0) {
		exit(0);
	} else if (strcmp(way, "_exit") == 0) {
		_exit(0);
	} else if (strcmp(way, "_Exit") == 0) {
		_Exit(0);
	} else if (strcmp(way, "quick_exit") == 0) {
		quick_exit(0);
	} else if (strcmp(way, "raw") == 0) {
		syscall(SYS_exit_group, 0);
	} else if (strcmp(way, "kill") == 0) {
		kill(getpid(), SIGKILL);
	} else if (strcmp(way, "thread") == 0) {
		static pthread_t self;
		pthread_t thread;

		self = pthread_self();
		pthread_create(&thread, NULL, last, &self);
		pthread_exit(NULL);
	}
	return 0;
}
