/* SPDX-License-Identifier: Apache-2.0 */
/*
 * borrow.c - is this memory our own, or does another process run in it too?
 *
 * The owner's PID stands in a page that the kernel wipes in forked children, however they are made,
 * and leaves alone where memory is shared. So another PID there than one's own means a guest, and 0
 * a child with a copy, or a guest of such a child. These two glibc tells apart: fork() notes the
 * child's thread number in its struct pthread, vfork and clone do not. (A copy made by a raw clone
 * is taken for a guest, and does without a profile.)
 *
 * The page is a mapping of its own, which costs every process that is started or forked, and most
 * never ask. So it is marked by who asks first; until then the PID of the constructor tells, and
 * again the thread number.
 */
#include "borrow.h"

#include <stdint.h>
#include <sys/mman.h>

#include "arch.h"
#include "atomics.h"
#include "sys.h"

#define PAGE 4096u

/* The page is one that lies in here whole: to ask for an alignment would put all of .bss on pages
 * of its own. Named to be the last there: what came after it would be one mapping more. */
static __attribute__((section(".bss.large.wiped"))) uint8_t pages[2 * PAGE];

static struct {
	uint32_t started; /* the PID of the constructor; 0: it has not run */
	bool numbered;	  /* arch_thread_number() is true here */
	uint32_t *owner;  /* on that page; NULL: not marked */
} self;

/* By who owns the memory. Two threads do the same. */
static void mark(uint32_t pid)
{
	uintptr_t from = ((uintptr_t)pages + PAGE - 1) & -(uintptr_t)PAGE;
	uintptr_t to = ((uintptr_t)pages + sizeof(pages) + PAGE - 1) & -(uintptr_t)PAGE;

	if (sys_madvise((void *)from, to - from, MADV_WIPEONFORK) == 0) {
		atomic_store_relaxed((uint32_t *)from, pid);
		atomic_store_relaxed(&self.owner,
				     (uint32_t *)from); /* zero there says too little */
	}
}

void borrow_start(void)
{
	self.started = (uint32_t)sys_getpid();
	self.numbered = arch_thread_number() == (uint32_t)sys_gettid();
	if (!self.numbered) {
		mark(self.started);
	}
}

static bool is_forked(void)
{
	return !self.numbered || arch_thread_number() == (uint32_t)sys_gettid();
}

bool borrow_is_guest(void)
{
	if (self.started == 0 || sys_sealed()) {
		return false;
	}
	uint32_t pid = (uint32_t)sys_getpid(), *owner = atomic_load_relaxed(&self.owner);

	if (owner == NULL) {
		if (pid != self.started && !is_forked()) {
			return true;
		}
		mark(pid);
		return false;
	}
	/* Relaxed, and without a race: a forked child has one thread, or its threads write the
	 * same. */
	if (atomic_load_relaxed(owner) == 0 && is_forked()) {
		atomic_store_relaxed(owner, pid);
	}
	return atomic_load_relaxed(owner) != pid;
}
