/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper.c - the process that writes the last dump, where the program itself cannot
 *
 * keeper_entry is where the loader goes when it is given this library as a program. No constructor
 * of ours has run then, and none is needed: no malloc, no signal, only what the dump needs.
 */
#include "keeper.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>

#include "arch.h"
#include "config.h"
#include "dump.h"
#include "layout.h"
#include "place.h"
#include "sys.h"
#include "trigger.h"

#define FIRST_LOOK_MS 50u
#define LAST_LOOK_MS  10000u

static ARCH_LARGE char state_file[PLACE_PATH_MAX];

static bool is_finished(const struct layout_header *h)
{
	/* PAIR finished: state_finish() */
	return atomic_load_acquire(&h->finished) != 0;
}

/* The host's end is told by the pidfd, which speaks of the host itself and not of whoever gets its
 * number later. That it has become another program nobody tells: look now and then, at first often,
 * so that a host that executes itself again and again has a few keepers at a time. */
static void wait_for_end(const struct layout_header *h)
{
	struct pollfd end = {.fd = KEEPER_HOST, .events = POLLIN};

	for (unsigned ms = FIRST_LOOK_MS; !is_finished(h); ms = ms < LAST_LOOK_MS ? ms * 2 : ms) {
		struct timespec limit = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
		int n = sys_poll(&end, 1, &limit);

		if (n > 0 || (n < 0 && n != -EINTR)) {
			return;
		}
	}
}

/* Who looks for a program by its command line (pgrep -f) finds the name only. */
static void rename_keeper(char **argv)
{
	(void)sys_prctl(PR_SET_NAME, (long)KEEPER_NAME, 0, 0, 0);
	for (char **arg = argv; *arg != NULL; arg++) {
		memset(*arg, 0, strlen(*arg));
	}
}

static bool open_state(struct layout_view *view)
{
	struct stat st;

	if (sys_fstat(KEEPER_STATE, &st) != 0 || st.st_size < (off_t)LAYOUT_HEADER_BYTES) {
		return false;
	}
	const struct layout_header *h = sys_mmap(NULL, (size_t)st.st_size, PROT_READ,
						 MAP_SHARED | MAP_NORESERVE, KEEPER_STATE, 0);

	return !sys_failed(h) && layout_open(view, h, (uint64_t)st.st_size) == NULL;
}

/* @stack: argc, the arguments, NULL, the environment, NULL. Context: apart. */
static __attribute__((used, noreturn)) void keep(long *stack)
{
	char **argv = (char **)(stack + 1);
	struct layout_view view;

	if (stack[0] != 2 || strlen(argv[1]) >= sizeof(state_file) || !open_state(&view)) {
		sys_exit(1); /* somebody started it by hand */
	}
	memcpy(state_file, argv[1], strlen(argv[1]) + 1);
	config_start(argv + stack[0] + 1);
	rename_keeper(argv);
	(void)sys_chdir("/");
	wait_for_end(view.header);
	if (!is_finished(view.header) &&
	    (!trigger_has_samples(view.header) || dump_named(&view, "keeper", 0) >= 0)) {
		place_remove(state_file);
	}
	sys_exit(0);
}

ARCH_ENTRY(keeper_entry, keep);
