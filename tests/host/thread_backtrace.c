/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread_backtrace.c - the program walks its own stack: backtrace(), _Unwind_Backtrace, libunwind
 * host: link=-rdynamic link=-ldl
 */
#include "host.h"
#include <dlfcn.h>
#include <execinfo.h>
#include <unwind.h>

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *arg)
{
	(void)context;
	free(malloc(700));
	++*(int *)arg;
	return _URC_NO_REASON;
}

static __attribute__((noinline)) int walk(int deep)
{
	void *frames[64];
	char **names;
	int n, m = 0;

	if (deep) {
		n = walk(deep - 1);
		KEEP(&n);
		return n;
	}
	n = backtrace(frames, 64);
	names = backtrace_symbols(frames, n);
	CHECK(names && strstr(names[0], "thread_backtrace"));
	free(names);
	_Unwind_Backtrace(step, &m);
	CHECK(m >= 20 && n >= 20);
	return n;
}

static void *work(void *arg)
{
	int n = walk(20);

	for (int i = 0; i < 300; i++) {
		CHECK(walk(20) == n);
	}
	return arg;
}

int main(void)
{
	void *lib;

	work(NULL);
	crew(4, work);
	lib = dlopen("libunwind.so.8", RTLD_NOW | RTLD_GLOBAL);
	if (lib) {
		int (*unw)(void **, int);
		void *frames[64];

		*(void **)&unw = dlsym(lib, "unw_backtrace");
		for (int i = 0; unw && i < 100; i++) {
			CHECK(unw(frames, 64) > 1);
			churn((unsigned)i, 20);
		}
		dlclose(lib);
	}
	return done();
}
