/* SPDX-License-Identifier: Apache-2.0 */
/*
 * borrow.c - is this memory our own, or does another process run in it too?
 *
 * The owner's PID stands in a page that the kernel wipes in forked children, however they are made,
 * and leaves alone where memory is shared. So 0 there means a child with a copy, and another PID
 * than one's own means a guest.
 */
#include "borrow.h"

#include <stdint.h>
#include <sys/mman.h>

#include "atomics.h"
#include "sys.h"

#define PAGE 4096u

static struct {
	_Alignas(PAGE) uint32_t owner;
	_Alignas(PAGE) bool marked; /* not in the page that is wiped */
} self;

void borrow_start(void)
{
	if (!self.marked && sys_madvise(&self.owner, PAGE, MADV_WIPEONFORK) == 0) {
		atomic_store_relaxed(&self.owner, (uint32_t)sys_getpid());
		self.marked = true;
	}
}

bool borrow_is_guest(void)
{
	if (!self.marked || sys_sealed()) {
		return false;
	}
	uint32_t pid = (uint32_t)sys_getpid();

	/* Relaxed, and without a race: a forked child has one thread, or its threads write the
	 * same. */
	if (atomic_load_relaxed(&self.owner) == 0) {
		atomic_store_relaxed(&self.owner, pid);
	}
	return atomic_load_relaxed(&self.owner) != pid;
}
