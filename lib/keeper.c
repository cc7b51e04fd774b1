/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper.c - the process that writes the last dump, where the program itself cannot
 *
 * It shares the state file by the mapping that fork copied, and waits on a pidfd, which speaks of
 * the host itself and not of whoever gets its number later.
 */
#include "keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "config.h"
#include "dump.h"
#include "modules.h"
#include "ready.h"
#include "real.h"
#include "state.h"
#include "sys.h"
#include "trigger.h"

#define GO_BUILD_ID_NOTE 4u /* type of the note "Go" (cmd/internal/buildid) */

bool keeper_is_go(void)
{
	struct module m;
	const uint8_t *content;

	return modules_find(real.getauxval(AT_ENTRY), &m) &&
	       modules_note(&m, "Go\0", GO_BUILD_ID_NOTE, &content) > 0;
}

static void wait_for_end(int host)
{
	struct pollfd end = {.fd = host, .events = POLLIN};

	while (sys_poll(&end, 1, NULL) == -EINTR) {
	}
}

/* Ours is a copy of the host's arguments: who looks for the host by its command line (pgrep -f)
 * must not find us. */
static void rename_keeper(char **argv)
{
	static const char name[] = "leaktrack-keep";

	(void)sys_prctl(PR_SET_NAME, (long)name, 0, 0, 0);
	for (char **arg = argv; arg != NULL && *arg != NULL; arg++) {
		size_t n = strlen(*arg);

		memset(*arg, 0, n);
		if (arg == argv) {
			memcpy(*arg, name, n < sizeof(name) ? n : sizeof(name));
		}
	}
}

static __attribute__((noreturn)) void keep(struct layout_header *h, char **argv)
{
	struct layout_view view = {.header = h, .bytes = h->file_bytes};
	uint64_t all = UINT64_MAX;

	(void)sys_sigmask(SIG_SETMASK, &all, NULL);
	(void)sys_setsid();
	if (sys_close_range(0, UINT32_MAX) != 0) {
		sys_exit(0); /* before Linux 5.9: it would keep the host's pipes open */
	}
	rename_keeper(argv);
	int host = sys_pidfd_open((pid_t)h->pid);

	if (host >= 0) {
		wait_for_end(host);
	} else if (host != -ESRCH) {
		sys_exit(0); /* before Linux 5.3 */
	}
	/* What the host opened of its windows (state.c) is still shut in our copy of the mapping.
	 */
	(void)sys_mprotect(h, h->file_bytes, PROT_READ);
	/* PAIR finished: state_finish() */
	if (atomic_load_acquire(&h->finished) == 0) {
		state_abandon(!trigger_has_samples(h) || dump_named(&view, "keeper", 0) >= 0);
	}
	sys_exit(0);
}

void keeper_start(char **argv)
{
	enum config_keeper when = config_get()->keeper;

	/* PID 1 would get it as a child, and may wait until it has none; nor would it outlive it.
	 */
	if (when == CONFIG_KEEPER_NEVER || (when == CONFIG_KEEPER_GO && !keeper_is_go()) ||
	    sys_getpid() == 1 || !trigger_may_exit_dump((uint32_t)sys_getppid()) || !ready_make()) {
		return;
	}
	struct layout_header *h = state_look();
	pid_t middle = sys_fork();

	if (middle == 0) {
		if (sys_fork() == 0) {
			keep(h, argv);
		}
		sys_exit(0);
	}
	if (middle > 0) {
		(void)sys_wait(middle);
	}
}
