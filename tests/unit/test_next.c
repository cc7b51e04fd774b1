/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/next.o */
/*
 * Proves: next_find() finds what dlsym(RTLD_NEXT) finds, of symbols with one version, with several
 * and with none, and nothing where there is none; and it is not certain of a function that a
 * resolver chooses. Fails when: a hidden version is taken, the order of libraries is another one,
 * or a table is read otherwise than the loader does.
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "next.h"

static void same_as_the_loader(void **unused)
{
	static const char names[][NEXT_NAME] = {"malloc",
						"free",
						"calloc",
						"realloc",
						"posix_memalign",
						"aligned_alloc",
						"memalign",
						"valloc",
						"pvalloc",
						"malloc_usable_size",
						"getauxval",
						"_exit",
						"quick_exit",
						"sigaction",
						"signal",
						"sysv_signal",
						"sigset",
						"sigprocmask",
						"prctl",
						"syscall",
						"pthread_create",
						"dlopen",
						"dlclose",
						"dl_iterate_phdr",
						"pthread_getattr_np",
						"pthread_attr_getstack",
						"__register_atfork",
						"posix_spawn",
						"regexec",
						"fmemopen",
						"no_such_function",
						"free_sizedd",
						""};
	enum { N = sizeof(names) / sizeof(names[0]) };
	void *found[N];

	(void)unused;
	assert_true(N <= NEXT_MOST);
	memset(found, 0xff, sizeof(found));
	assert_true(next_find(names, N, found));
	for (unsigned i = 0; i < N; i++) {
		if (found[i] != dlsym(RTLD_NEXT, names[i])) {
			fail_msg("%s: %p, dlsym says %p", names[i], found[i],
				 dlsym(RTLD_NEXT, names[i]));
		}
	}
}

static void not_certain(void **unused)
{
	static const char chosen[][NEXT_NAME] = {
		"rawmemchr"}; /* chosen by a resolver; no sanitizer has its own */
	static const char many[NEXT_MOST + 1][NEXT_NAME];
	void *found[NEXT_MOST + 1];

	(void)unused;
	assert_false(next_find(chosen, 1, found));
	assert_false(next_find(many, NEXT_MOST + 1, found));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_the_loader),
		cmocka_unit_test(not_certain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
