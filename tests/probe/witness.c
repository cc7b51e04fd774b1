/* SPDX-License-Identifier: Apache-2.0 */
/*
 * witness.c - in any program: at every so many mallocs our stack against unw_backtrace's
 *
 *     WITNESS_OUT=file LD_PRELOAD='libprobe.so witness.so' program...
 *
 * Appends a line for each process to the file: 'N equal, N cut, N different of COMMAND', and before
 * that the first few that were not equal.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EVERY 13
#define DEPTH 512
#define MOST  30000 /* stacks of a process */
#define SHOWN 3

#include "lib/unwind.h"

extern char *program_invocation_name;

static void *(*real_malloc)(size_t);
static int (*probe)(uintptr_t *, int, unsigned *), (*unw)(void **, int);
static unsigned long calls, equal, cut, different;
static _Thread_local int inside __attribute__((tls_model("initial-exec")));

static void say(const char *format, ...)
{
	char line[512];
	va_list args;
	const char *path = getenv("WITNESS_OUT");
	int fd = open(path ? path : "/dev/stderr", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	va_start(args, format);
	int n = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (fd >= 0) {
		(void)!write(fd, line, n < (int)sizeof line ? (size_t)n : sizeof line - 1);
		close(fd);
	}
}

static void show(const char *whose, const uintptr_t *pcs, int n)
{
	say("  %s:", whose);
	for (int i = 1; i < n && i < 40; i++) {
		Dl_info info = {0};

		dladdr((void *)(pcs[i] - 1), &info);
		say(" %s(%s)+%#lx", info.dli_fname ? strrchr(info.dli_fname, '/') : "",
		    info.dli_sname ? info.dli_sname : "", pcs[i] - (uintptr_t)info.dli_fbase);
	}
	say("\n");
}

/* The innermost frame is this function, at two lines. A frame that a signal interrupted is + 1 in
 * ours, and as it is in the witness's. */
static __attribute__((noinline)) void compare(void)
{
	static _Thread_local struct {
		uintptr_t ours[DEPTH + 1], theirs[DEPTH];
	} room __attribute__((tls_model("initial-exec")));
	unsigned flags = 0;
	int n = probe(room.ours, DEPTH, &flags);
	int m = unw((void **)room.theirs, DEPTH);
	int same = 1;
	int i = 1;

	for (; same && i < n - (int)(flags & UNWIND_CUT) && i < m && room.ours[i] > 2; i++) {
		same = room.ours[i] == room.theirs[i] || room.ours[i] == room.theirs[i] + 1;
	}
	if (same && (m == DEPTH || (n == m && flags == 0))) {
		__atomic_add_fetch(&equal, 1, __ATOMIC_RELAXED);
		return;
	}
	unsigned long *count = same && (flags & UNWIND_CUT) ? &cut : &different;

	if (__atomic_add_fetch(count, 1, __ATOMIC_RELAXED) <= SHOWN) {
		say("%d frames, flags %u; the witness has %d\n", n, flags, m);
		show("ours", room.ours, n);
		show("theirs", room.theirs, m);
	}
}

void *malloc(size_t size)
{
	if (!real_malloc) {
		*(void **)&real_malloc = dlsym(RTLD_NEXT, "malloc");
	}
	unsigned long call = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);

	if (probe && unw && !inside && call % EVERY == 0 && call / EVERY < MOST) {
		inside = 1;
		compare();
		inside = 0;
	}
	return real_malloc(size);
}

static __attribute__((constructor)) void start(void)
{
	inside = 1;
	void *lib = dlopen("libunwind.so.8", RTLD_NOW);

	*(void **)&probe = dlsym(RTLD_DEFAULT, "probe_walk");
	*(void **)&unw = lib ? dlsym(lib, "unw_backtrace") : NULL;
	inside = 0;
}

static __attribute__((destructor)) void end(void)
{
	inside = 1;
	say("%lu equal, %lu cut, %lu different of %s\n", equal, cut, different,
	    program_invocation_name);
}
