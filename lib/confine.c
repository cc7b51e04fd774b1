/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine.c - the host limits its own address space
 *
 * The state's mapping leaves room for all that it may ever hold: four times LEAKTRACK_MEMORY. A
 * host that limits itself when it has been sampled already (ulimit -v in a shell,
 * resource.setrlimit in Python) would have nothing left.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/resource.h>

#include "borrow.h"
#include "real.h"
#include "state.h"
#include "sys.h"

#define EXPORT __attribute__((visibility("default")))

typedef int setrlimit_fn(int, const struct rlimit *);
typedef int prlimit_fn(pid_t, int, const struct rlimit *, struct rlimit *);

static struct {
	setrlimit_fn *setrlimit;
	prlimit_fn *prlimit;
} self;

/* Not for a parent whose memory is borrowed: a child of vfork is about to execute something. */
static void before(int resource, const struct rlimit *limit)
{
	int saved = errno;

	if (resource == RLIMIT_AS && limit != NULL && limit->rlim_cur != RLIM_INFINITY &&
	    !borrow_is_guest()) {
		state_shrink(limit->rlim_cur);
	}
	errno = saved;
}

static int set(int resource, const struct rlimit *limit)
{
	if (self.setrlimit == NULL) {
		self.setrlimit = (setrlimit_fn *)real_next("setrlimit");
	}
	before(resource, limit);
	return self.setrlimit(resource, limit);
}

static int set_of(pid_t pid, int resource, const struct rlimit *limit, struct rlimit *old)
{
	if (self.prlimit == NULL) {
		self.prlimit = (prlimit_fn *)real_next("prlimit");
	}
	if (pid == 0 || pid == sys_getpid()) {
		before(resource, limit);
	}
	return self.prlimit(pid, resource, limit, old);
}

/* Named as in C, for the types that sys/resource.h gives them; those with 64 are the same. */
int confine_setrlimit(int, const struct rlimit *) __asm__("setrlimit");
int confine_setrlimit64(int, const struct rlimit *) __asm__("setrlimit64");
int confine_prlimit(pid_t, int, const struct rlimit *, struct rlimit *) __asm__("prlimit");
int confine_prlimit64(pid_t, int, const struct rlimit *, struct rlimit *) __asm__("prlimit64");

EXPORT int confine_setrlimit(int resource, const struct rlimit *limit)
{
	return set(resource, limit);
}

EXPORT int confine_setrlimit64(int resource, const struct rlimit *limit)
{
	return set(resource, limit);
}

EXPORT int confine_prlimit(pid_t pid, int resource, const struct rlimit *limit, struct rlimit *old)
{
	return set_of(pid, resource, limit, old);
}

EXPORT int confine_prlimit64(pid_t pid, int resource, const struct rlimit *limit,
			     struct rlimit *old)
{
	return set_of(pid, resource, limit, old);
}
