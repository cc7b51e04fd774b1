/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apart.h - a piece of a test in a process of its own
 *
 * Modules of lib keep their state for the life of the process: what is to begin anew, or to be
 * killed, runs in a child. CHECK ends the child and tells where.
 */
#ifndef LEAKTRACK_TEST_APART_H
#define LEAKTRACK_TEST_APART_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* A macro, for it tells its place. */
#define CHECK(truth)                                                                          \
	do {                                                                                  \
		if (!(truth)) {                                                               \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #truth); \
			_exit(1);                                                             \
		}                                                                             \
	} while (0)

/* How much less to do where each access is watched: ThreadSanitizer makes it 10 to 50 times slower.
 */
#ifdef __SANITIZE_THREAD__
enum { LESS = 20 };
#else
enum { LESS = 1 };
#endif

/* Run @what in a child; its wait status, 0 when all of its CHECKs held. */
static inline int apart(void (*what)(void *), void *argument)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		what(argument);
		_exit(0);
	}
	if (pid > 0) {
		waitpid(pid, &status, 0);
	}
	return status;
}

/* A test of cmocka's: its initial state is the piece that is run apart. */
static inline void apart_test(void **piece)
{
	assert_int_equal(apart((void (*)(void *)) * piece, NULL), 0);
}

/* The seed of this run: $SEED, or another one each time; printed, to be given again. */
static inline uint64_t seed_of_run(void)
{
	const char *given = getenv("SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

	printf("SEED=%llu\n", (unsigned long long)seed);
	fflush(stdout);
	return seed;
}

#endif
