/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_busy.c - a library whose constructor does what it should not: threads that it waits for, a
 * child, system(), all with the loader's lock held
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int busy_answer(void);

static int answer;

static void *work(void *arg)
{
	for (int i = 0; i < 3000; i++) {
		char *p = malloc((size_t)i);

		memset(p, 1, (size_t)i);
		p = realloc(p, (size_t)i + 300);
		free(p);
	}
	return arg;
}

__attribute__((constructor)) static void construct(void)
{
	pthread_t id[3];
	int status = 0;
	pid_t pid;

	for (int i = 0; i < 3; i++) {
		pthread_create(&id[i], NULL, work, NULL);
	}
	work(NULL);
	pid = fork();
	if (pid == 0) {
		work(NULL);
		_exit(3);
	}
	for (int i = 0; i < 3; i++) {
		pthread_join(id[i], NULL);
	}
	waitpid(pid, &status, 0);
	answer = WEXITSTATUS(status);
}

__attribute__((destructor)) static void destruct(void)
{
	pthread_t id;

	pthread_create(&id, NULL, work, NULL);
	pthread_join(id, NULL);
}

int busy_answer(void)
{
	return answer;
}
