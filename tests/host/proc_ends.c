/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_ends.c - every way a process ends: what is flushed, which handlers run, which status
 * host: wide
 */
#include "host.h"

static void atexit_note(void)
{
	churn(2, 300);
	dprintf(1, "atexit ran\n");
}

static void quick_note(void)
{
	churn(3, 300);
	dprintf(1, "at_quick_exit ran\n");
}

static void *last_thread(void *arg)
{
	pause_ms(20);
	churn(4, 300);
	return arg;
}

static void *exits(void *arg)
{
	churn(5, 300);
	exit((int)(intptr_t)arg);
}

static void end(int way)
{
	pthread_t id;

	churn((unsigned)way, 3000);
	switch (way) {
	case 0:
		exit(10);
	case 1:
		_exit(11);
	case 2:
		_Exit(12);
	case 3:
		quick_exit(13);
	case 4:
		syscall(SYS_exit_group, 14);
		break;
	case 5:
		syscall(SYS_exit, 15);
		break;
	case 6:
		abort();
	case 7:
		raise(SIGKILL);
		break;
	case 8:
		raise(SIGTERM);
		break;
	case 9:
		__builtin_trap();
	case 10:
		*(volatile int *)8 = 1;
		break;
	case 11:
		pthread_create(&id, NULL, last_thread, NULL);
		pthread_detach(id);
		pthread_exit(NULL);
	case 12:
		pthread_create(&id, NULL, exits, (void *)16);
		pthread_join(id, NULL);
		break;
	case 13:
		raise(SIGXCPU);
		break;
	case 14:
		__asm__ volatile("int3");
		break;
	default:
		exit(99);
	}
	_exit(100);
}

int main(void)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	atexit(atexit_note);
	at_quick_exit(quick_note);
	for (int way = 0; way < 15; way++) {
		pid_t pid;

		fflush(stdout);
		pid = fork();
		MUST(pid >= 0);
		if (pid == 0) {
			end(way);
		}
		printf("way %d: %s\n", way, ended(reap(pid)));
	}
	fflush(stdout);
	quick_exit(done());
}
