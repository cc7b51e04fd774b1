/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwind_c.c - stacks of C code, ours against unw_backtrace's or backtrace(3)'s, frame by frame
 *
 *     LD_PRELOAD=libprobe.so unwind_c BINDING [LIBRARY...]
 *
 * Built with many compilers and options; the libraries export `through`, a function that calls a
 * function that is given to it (unwind_lib.c), and come and go by dlopen, at the same place with
 * other code in them. BINDING (unwind_bind.c) calls from within the loader. Exit 77: no probe or no
 * libunwind.
 */
#include <alloca.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST	 1000
#define NOINLINE __attribute__((noinline))

static int (*probe)(uintptr_t *, int, unsigned *);
static int (*unw)(void **, int);
static int passed, failed;
static const char *scenario;
static volatile int sink;

static void show(const char *what, const uintptr_t *pcs, int n)
{
	printf("  %s:", what);
	for (int i = 0; i < n; i++) {
		Dl_info info;

		if (dladdr((void *)(pcs[i] - 1), &info) && info.dli_sname) {
			printf(" %s+%#lx", info.dli_sname, pcs[i] - (uintptr_t)info.dli_saddr);
		} else {
			printf(" %#lx", pcs[i]);
		}
	}
	printf("\n");
}

/* The innermost frame is check() itself, at two lines. A frame that a signal interrupted is + 1 in
 * ours, and as it is in the witness's. */
static NOINLINE void check(void)
{
	uintptr_t ours[MOST + 1], theirs[MOST];
	unsigned flags = 0;
	int n = probe(ours, 512, &flags);
	int m = unw((void **)theirs, MOST);
	int same = n == m && flags == 0;

	for (int i = 1; same && i < n; i++) {
		same = ours[i] == theirs[i] || ours[i] == theirs[i] + 1;
	}
	if (same) {
		passed++;
	} else {
		failed++;
		printf("FAIL %s: %d frames, flags %u; the witness has %d\n", scenario, n, flags, m);
		show("ours  ", ours, n);
		show("theirs", theirs, m);
	}
	sink++;
}

static NOINLINE int with_alloca(int k)
{
	volatile char *room = alloca((size_t)k * 33 + 1);

	room[k] = 1;
	check();
	return room[k];
}

static NOINLINE int realigned(int k)
{
	volatile char room[70] __attribute__((aligned(64)));

	room[k] = (char)k;
	sink += with_alloca(k);
	return room[k];
}

static NOINLINE int with_vla(int k)
{
	volatile char room[k + 1];

	room[k] = (char)k;
	sink += realigned(k);
	return room[k];
}

static NOINLINE int many_arguments(int a, int b, int c, int d, int e, int f, int g, int h, long i)
{
	sink += with_vla(a + b + c + d + e + f + g + h + (int)i);
	return sink;
}

static NOINLINE int recurse(int n)
{
	if (n == 0) {
		return many_arguments(1, 1, 1, 1, 1, 1, 1, 1, 1);
	}
	sink += recurse(n - 1);
	return sink;
}

static int compare(const void *a, const void *b)
{
	static int once;

	if (!once++) {
		sink += with_vla(3);
	}
	return *(const int *)a - *(const int *)b;
}

static void once_body(void)
{
	sink += with_vla(2);
}

static void handler(int sig)
{
	(void)sig;
	check();
	sink++;
}

static void *thread_main(void *arg)
{
	(void)arg;
	recurse(5);
	return NULL;
}

static void call_check(void)
{
	check();
	sink++;
}

/* Libraries come, are used, and go; each comes to the place of the one before. The witness is
 * backtrace(3): unw_backtrace keeps what it knew of the old one, and gives wrong frames. */
static void libraries(int n, char **paths)
{
	unw = backtrace;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < n; i++) {
			void *lib = dlopen(paths[i], RTLD_NOW);
			int (*through)(void (*)(void));

			if (!lib) {
				printf("FAIL %s\n", dlerror());
				failed++;
				return;
			}
			*(void **)&through = dlsym(lib, "through");
			scenario = paths[i];
			sink += through(call_check);
			dlclose(lib);
		}
	}
}

/* Where the loader binds a function at its first call, its frame hangs on rbx. */
static void binding(const char *path)
{
	void *lib = dlopen(path, RTLD_LAZY);
	int (*through)(void (*)(void));

	if (!lib) {
		printf("FAIL %s\n", dlerror());
		failed++;
		return;
	}
	*(void **)&through = dlsym(lib, "through_binding");
	scenario = "binding";
	sink += through(call_check);
	dlclose(lib);
}

int main(int argc, char **argv)
{
	void *lib = dlopen("libunwind.so.8", RTLD_NOW);
	int numbers[] = {3, 2, 1};
	pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_t t;

	*(void **)&probe = dlsym(RTLD_DEFAULT, "probe_walk");
	*(void **)&unw = lib ? dlsym(lib, "unw_backtrace") : NULL;
	if (!probe || !unw) {
		printf("unwind_c: no probe_walk or no libunwind.so.8 in this process\n");
		return 77;
	}
	scenario = "frames";
	for (int i = 0; i < 5; i++) {
		recurse(i * 20);
	}
	scenario = "qsort";
	qsort(numbers, 3, sizeof numbers[0], compare);
	scenario = "pthread_once";
	pthread_once(&once, once_body);
	scenario = "thread";
	pthread_create(&t, NULL, thread_main, NULL);
	pthread_join(t, NULL);
	scenario = "signal";
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	if (argc > 1) {
		binding(argv[1]);
		libraries(argc - 2, argv + 2);
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}
