/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.h - what every host program shares
 *
 * A host program checks itself and prints a result that is the same on every run, so that the
 * runner can hold a run under a preloaded library against a bare one, byte by byte. It ends by
 * `return done();`, which adds what it leaves behind: open descriptors, threads and children.
 *
 * Nothing here allocates through malloc except churn() and crew(), so that a program decides by
 * itself when its first allocation happens.
 *
 * A line `host: WORDS` in the first comment of a program tells the runner how to build and run it;
 * tests/host/run lists the words.
 */
#ifndef HOST_H
#define HOST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOST_UNUSED __attribute__((unused))
#define HOST_SKIP   77

static int host_failed;

/* Keeps a pointer, and the call that made it, out of the optimiser's reach. */
#define KEEP(p) __asm__ volatile("" : : "r"(p) : "memory")

HOST_UNUSED static void host_fail(const char *file, int line, const char *what)
{
	int err = errno;

	dprintf(2, "%s:%d: not so: %s (errno %d)\n", file, line, what, err);
	__atomic_store_n(&host_failed, 1, __ATOMIC_RELAXED);
	errno = err;
}

#define CHECK(cond)                                           \
	do {                                                  \
		if (!(cond)) {                                \
			host_fail(__FILE__, __LINE__, #cond); \
		}                                             \
	} while (0)

/* As CHECK, where going on makes no sense. */
#define MUST(cond)                                            \
	do {                                                  \
		if (!(cond)) {                                \
			host_fail(__FILE__, __LINE__, #cond); \
			_exit(99);                            \
		}                                             \
	} while (0)

/* The machine cannot run this program: say why, end with the code for 'skipped'. */
#define NEED(cond, why)                                \
	do {                                           \
		if (!(cond)) {                         \
			dprintf(1, "skip: %s\n", why); \
			_exit(HOST_SKIP);              \
		}                                      \
	} while (0)

/* ---- a load for the allocator ---- */

struct churn_slot {
	unsigned char *p;
	size_t size;
};

HOST_UNUSED static unsigned host_random(unsigned *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

HOST_UNUSED static void slot_fill(struct churn_slot *s, unsigned char tag)
{
	if (s->p && s->size) {
		s->p[0] = tag;
		s->p[s->size / 2] = tag;
		s->p[s->size - 1] = tag;
	}
}

HOST_UNUSED static bool slot_holds(const struct churn_slot *s, unsigned char tag)
{
	return !s->size || (s->p[0] == tag && s->p[s->size / 2] == tag && s->p[s->size - 1] == tag);
}

/* churn - allocate, resize and free a mix of sizes, about 1.3 KB a round, checking what blocks
 * hold. Different seeds make different sequences, each the same on every run. */
HOST_UNUSED static void churn(unsigned seed, int rounds)
{
	struct churn_slot slots[16] = {{0, 0}};
	unsigned state = seed * 2654435761u + 1;

	for (int i = 0; i < rounds; i++) {
		unsigned which = host_random(&state) % 16;
		struct churn_slot *s = &slots[which];
		unsigned kind = host_random(&state) % 16;
		size_t size = host_random(&state) % (kind < 10 ? 100 : kind < 15 ? 3000 : 20000);
		size_t kept;
		void *p;

		if (s->p && !slot_holds(s, (unsigned char)which)) {
			host_fail(__FILE__, __LINE__, "a block holds what was put there");
		}
		switch (host_random(&state) % 6) {
		case 0:
		case 1:
			free(s->p);
			s->p = (unsigned char *)malloc(size);
			break;
		case 2:
			free(s->p);
			s->p = (unsigned char *)calloc(1, size);
			if (s->p && size && (s->p[0] || s->p[size - 1])) {
				host_fail(__FILE__, __LINE__, "calloc gives zeros");
			}
			break;
		case 3:
			size = size + 1;
			p = realloc(s->p, size);
			kept = size < s->size ? size : s->size;
			if (!p ||
			    (s->p && kept && ((unsigned char *)p)[0] != (unsigned char)which)) {
				host_fail(__FILE__, __LINE__, "realloc keeps what it can");
			}
			s->p = (unsigned char *)p;
			break;
		case 4:
			free(s->p);
			s->p = NULL;
			if (posix_memalign(&p, 64, size) || ((uintptr_t)p & 63)) {
				host_fail(__FILE__, __LINE__, "posix_memalign aligns");
				p = NULL;
			}
			s->p = (unsigned char *)p;
			break;
		default:
			free(s->p);
			s->p = NULL;
			size = 0;
		}
		s->size = s->p ? size : 0;
		slot_fill(s, (unsigned char)which);
	}
	for (int i = 0; i < 16; i++) {
		free(slots[i].p);
	}
}

/* crew - n threads run fn((void *)0 … n-1) to their end. */
HOST_UNUSED static void crew(int n, void *(*fn)(void *))
{
	pthread_t ids[64];

	MUST(n <= 64);
	for (int i = 0; i < n; i++) {
		MUST(pthread_create(&ids[i], NULL, fn, (void *)(intptr_t)i) == 0);
	}
	for (int i = 0; i < n; i++) {
		MUST(pthread_join(ids[i], NULL) == 0);
	}
}

/* ---- processes ---- */

/* A child that runs fn and ends with what fn returns, by _exit. */
HOST_UNUSED static pid_t child(int (*fn)(void))
{
	pid_t pid = fork();

	MUST(pid >= 0);
	if (pid == 0) {
		_exit(fn());
	}
	return pid;
}

/* The wait status of one child of ours. */
HOST_UNUSED static int reap(pid_t pid)
{
	int status = -1;
	pid_t got = TEMP_FAILURE_RETRY(waitpid(pid, &status, 0));

	CHECK(got == pid);
	return status;
}

/* How a child ended, in words: 'exit 3', 'signal 11'. */
HOST_UNUSED static const char *ended(int status)
{
	static char text[32];

	if (WIFEXITED(status)) {
		snprintf(text, sizeof(text), "exit %d", WEXITSTATUS(status));
	} else if (WIFSIGNALED(status)) {
		snprintf(text, sizeof(text), "signal %d", WTERMSIG(status));
	} else {
		snprintf(text, sizeof(text), "status %x", (unsigned)status);
	}
	return text;
}

/* Start this program anew with one argument. Returns only when that fails. */
HOST_UNUSED static void exec_self(const char *arg)
{
	char *argv[] = {(char *)"self", (char *)arg, NULL};
	static char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	MUST(n > 0);
	path[n] = 0;
	execv(path, argv);
}

/* Sleep that signals do not cut short. */
HOST_UNUSED static void pause_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	while (nanosleep(&t, &t) && errno == EINTR) {
	}
}

/* ---- what is left behind ---- */

struct host_dirent {
	uint64_t ino;
	int64_t off;
	unsigned short len;
	unsigned char type;
	char name[];
};

/* Calls fn for each number that is a file name in folder, but not for the folder's own descriptor.
 * Returns how many, -1 without the folder. */
HOST_UNUSED static int host_numbers(const char *folder, void (*fn)(long))
{
	char buf[2048] __attribute__((aligned(8)));
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int n = 0;
	long got;

	if (dir < 0) {
		return -1;
	}
	while ((got = syscall(SYS_getdents64, dir, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < got;) {
			struct host_dirent *d = (struct host_dirent *)(buf + at);

			at += d->len;
			if (d->name[0] < '0' || d->name[0] > '9' || atol(d->name) == dir) {
				continue;
			}
			n++;
			if (fn) {
				fn(atol(d->name));
			}
		}
	}
	close(dir);
	return n;
}

HOST_UNUSED static void print_number(long n)
{
	printf(" %ld", n);
}

HOST_UNUSED static int threads_now(void)
{
	return host_numbers("/proc/self/task", NULL);
}

HOST_UNUSED static int descriptors_now(void)
{
	return host_numbers("/proc/self/fd", NULL);
}

HOST_UNUSED static bool no_children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == -1 &&
	       errno == ECHILD;
}

/* state_files - of processes that died, and of those that live, in this /dev/shm. */
HOST_UNUSED static unsigned state_files(void)
{
	char folder[64];
	unsigned n = 0;

	snprintf(folder, sizeof(folder), "/dev/shm/leaktrack-%u", (unsigned)geteuid());
	DIR *dir = opendir(folder);

	if (!dir) {
		return 0;
	}
	for (struct dirent *e; (e = readdir(dir)) != NULL;) {
		n += strstr(e->d_name, ".state") != NULL;
	}
	closedir(dir);
	return n;
}

/* Prints the verdict and what is left; returns main's result. */
HOST_UNUSED static int done(void)
{
	printf("%s\ndescriptors:", host_failed ? "failed" : "ok");
	host_numbers("/proc/self/fd", print_number);
	printf("\nthreads: %d\nchildren: %s\n", threads_now(), no_children() ? "none" : "some");
	fflush(stdout);
	return host_failed;
}

#endif
