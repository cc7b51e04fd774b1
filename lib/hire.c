/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hire.c - the host's side of a keeper: who gets one, when, and how it is started
 *
 * The child of the first clone ends at once, so that the second one's is nobody's child whom the
 * host could wait for. Both run in the host's memory, on stacks of their own, while the host waits;
 * they write to those stacks only.
 */
#include "hire.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "arch.h"
#include "config.h"
#include "fmt.h"
#include "keeper.h"
#include "modules.h"
#include "place.h"
#include "program.h"
#include "ready.h"
#include "real.h"
#include "state.h"
#include "sys.h"
#include "trigger.h"

#define GO_BUILD_ID_NOTE 4u /* type of the note "Go" (cmd/internal/buildid) */
#define PATH_MOST	 1024u

/* What the keeper is given, and the two stacks. */
static ARCH_LARGE struct {
	pid_t host;
	char loader[PATH_MOST], library[PATH_MOST], state[PLACE_PATH_MAX];
	char dir[CONFIG_DIR_MOST + 16], tmpdir[CONFIG_TMPDIR_MOST + 16];
	char *argv[4], *env[4];
	_Alignas(16) uint8_t middle[4096], last[4096];
} job;

bool hire_is_go(void)
{
	struct module m;
	const uint8_t *content;

	return modules_find(real.getauxval(AT_ENTRY), &m) &&
	       modules_note(&m, "Go\0", GO_BUILD_ID_NOTE, &content) > 0;
}

/* Would a child of ours live among the same processes as we do? */
static bool in_own_namespace(void)
{
	char own[64], child[64];
	ssize_t n = sys_readlink("/proc/self/ns/pid", own, sizeof(own));

	return n > 0 && sys_readlink("/proc/self/ns/pid_for_children", child, sizeof(child)) == n &&
	       memcmp(own, child, (size_t)n) == 0;
}

static bool should_have_one(void)
{
	enum config_keeper when = config_get()->keeper;
	int subreaper = 1;

	if (when == CONFIG_KEEPER_NEVER || (when == CONFIG_KEEPER_GO && !hire_is_go()) ||
	    sys_getpid() == 1) {
		return false;
	}
	return sys_prctl(PR_GET_CHILD_SUBREAPER, (long)&subreaper, 0, 0, 0) == 0 &&
	       subreaper == 0 && in_own_namespace() &&
	       trigger_may_exit_dump((uint32_t)sys_getppid());
}

/* The program's own loader, which finds the libc that the library was made for. */
static bool find_loader(void)
{
	struct module m;

	if (!modules_find(real.getauxval(AT_ENTRY), &m)) {
		return false;
	}
	for (unsigned i = 0; i < m.n_ph; i++) {
		const char *name = (const char *)(m.bias + m.ph[i].p_vaddr);
		size_t n = m.ph[i].p_filesz;

		if (m.ph[i].p_type == PT_INTERP && n > 0 && n <= sizeof(job.loader) &&
		    modules_readable(&m, (uintptr_t)name, n) && name[n - 1] == '\0') {
			memcpy(job.loader, name, n);
			return true;
		}
	}
	return false;
}

static bool find_library(void)
{
	uint32_t n = program_path_at((uintptr_t)hire_keeper, job.library, sizeof(job.library) - 1);

	job.library[n] = '\0';
	return n > 0 && n < sizeof(job.library) - 1 && job.library[0] == '/';
}

/* Where its dump goes: into LEAKTRACK_DIR, or the working folder as it is now. It leaves that
 * folder itself, which the host may want to unmount. */
static bool tell_folders(void)
{
	struct fmt dir = fmt_on(job.dir, sizeof(job.dir));
	struct fmt tmpdir = fmt_on(job.tmpdir, sizeof(job.tmpdir));
	const char *name = config_get()->dir;
	char working[CONFIG_DIR_MOST];

	if (name[0] == '\0') {
		ssize_t n = sys_getcwd(working, sizeof(working));

		name = n > 1 && working[0] == '/' ? working : config_get()->tmpdir;
	}
	fmt_str(&dir, "LEAKTRACK_DIR=");
	fmt_str(&dir, name);
	fmt_str(&tmpdir, "TMPDIR=");
	fmt_str(&tmpdir, config_get()->tmpdir);
	return !dir.cut && !tmpdir.cut;
}

/* The loader's search path, where a program brings a libc of its own. */
static char *library_path(void)
{
	static const char name[] = "LD_LIBRARY_PATH=";

	for (char **e = environ; e != NULL && *e != NULL; e++) {
		if (strncmp(*e, name, sizeof(name) - 1) == 0) {
			return *e;
		}
	}
	return NULL;
}

static bool prepare(pid_t host)
{
	if (!state_path(job.state, sizeof(job.state)) || !find_loader() || !find_library() ||
	    !tell_folders()) {
		return false;
	}
	static const char name[] = KEEPER_NAME;

	job.host = host;
	job.argv[0] = (char *)name;
	job.argv[1] = job.library;
	job.argv[2] = job.state;
	job.env[0] = job.dir;
	job.env[1] = job.tmpdir;
	job.env[2] = library_path();
	return true;
}

static void run_last(void *unused)
{
	(void)unused;
	(void)sys_setsid();
	/* Without close_range (before Linux 5.9) it would keep the host's pipes open, without a
	 * pidfd (before 5.3) it would not know when to end. */
	if (sys_close_range(0, UINT32_MAX) == 0 &&
	    sys_open(job.state, O_RDONLY | O_NOFOLLOW, 0) == KEEPER_STATE &&
	    sys_pidfd_open(job.host) == KEEPER_HOST && sys_keep_open(KEEPER_HOST) == 0) {
		(void)sys_execve(job.loader, job.argv, job.env);
	}
	sys_exit(0);
}

static void run_middle(void *unused)
{
	(void)unused;
	(void)sys_start(job.last + sizeof(job.last), run_last, NULL);
	sys_exit(0);
}

void hire_keeper(void)
{
	uint64_t mask;

	if (!should_have_one() || !ready_make() || !prepare(sys_getpid()) || !sys_block(&mask)) {
		return;
	}
	pid_t middle = sys_start(job.middle + sizeof(job.middle), run_middle, NULL);

	if (middle > 0) {
		(void)sys_wait(middle);
	}
	sys_unblock(mask);
}
