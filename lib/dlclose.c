/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dlclose.c - a module that goes takes its rules with it
 *
 * dlclose is wrapped, dlopen is not (what that finds depends on its caller's address: RUNPATH).
 * `closing` is raised before and lowered after the real dlclose; walks keep no rule and believe
 * none in between. Afterwards the rules of addresses that no module owns any more are dropped. If
 * modules were loaded meanwhile, by a destructor or by another thread, perhaps at the same address,
 * all are.
 */
#include <dlfcn.h>

#include "modules.h"
#include "real.h"
#include "rules.h"

static struct {
	int (*real)(void *);
} self;

__attribute__((visibility("default"))) int dlclose(void *handle)
{
	struct modules_counts before;
	int ret;

	if (!self.real) {
		*(void **)&self.real = real_next("dlclose");
	}
	if (!self.real) {
		return -1;
	}
	modules_close_begin(&before);
	ret = self.real(handle);
	switch (modules_close_end(&before)) {
	case MODULES_GONE_ANY:
		rules_forget_all();
		break;
	case MODULES_GONE_SOME:
		rules_forget_unmapped();
		break;
	case MODULES_GONE_NONE:
		break;
	}
	modules_close_done();
	return ret;
}
