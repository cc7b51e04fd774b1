/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_waits.c - a library whose constructor waits, with the loader's lock held, for a thread that
 * calls everything but the loader
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int waits_answer(void);

static int answer;

static void handler(int sig)
{
	(void)sig;
}

static void *inner(void *arg)
{
	free(malloc(5000));
	return arg;
}

static void *work(void *arg)
{
	char small[16384];
	stack_t stack = {.ss_sp = small, .ss_size = sizeof(small)}, old;
	struct sigaction act = {.sa_handler = handler};
	pthread_t id;
	int status = 0;
	pid_t pid;
	void *p = NULL;

	answer += syscall(SYS_gettid) > 0;
	answer += prctl(PR_SET_NAME, "waits") == 0;
	answer += signal(SIGUSR1, handler) == SIG_DFL;
	answer += sigaction(SIGUSR2, &act, NULL) == 0;
	answer += sigaltstack(&stack, &old) == 0;
	stack.ss_flags = SS_DISABLE;
	sigaltstack(&stack, NULL);
	free(reallocarray(malloc(10), 10, 10));
	free(aligned_alloc(64, 640));
	answer += posix_memalign(&p, 64, 100) == 0;
	free(p);
	answer += pthread_create(&id, NULL, inner, NULL) == 0;
	pthread_join(id, NULL);
	pid = fork();
	if (pid == 0) {
		free(malloc(100));
		_exit(3);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
	}
	answer += WEXITSTATUS(status) == 3;
	signal(SIGUSR1, SIG_DFL);
	act.sa_handler = SIG_DFL;
	sigaction(SIGUSR2, &act, NULL);
	return arg;
}

__attribute__((constructor)) static void construct(void)
{
	pthread_t id;

	pthread_create(&id, NULL, work, NULL);
	pthread_join(id, NULL);
}

int waits_answer(void)
{
	return answer;
}
