/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.c - the counters of filter.h
 *
 * In .data, not .bss: counter 0 must be stuck from the first instruction on. The wide filter's
 * pages are touched one by one: a program pays a thirty-second part of the memory that it uses. A
 * forked child, whose table is new, finds them wiped by the kernel.
 */
#include "filter.h"

#include <stddef.h>
#include <sys/mman.h>

#include "atomics.h"
#include "sys.h"

#define WIDE_SLOTS (1u << 22)

__attribute__((section(".filter"))) uint8_t filter_counts[FILTER_SLOTS] = {[0] = FILTER_STUCK};

static struct {
	uint8_t *wide; /* NULL: there is none. Written while there is one thread. */
} self;

/* 128 MiB of addresses without a gap; what lies further apart is laid over it by chance. */
static uint8_t *wide_count(const void *p)
{
	uint64_t at = (uintptr_t)p;

	return &self.wide[((at >> 5) + (at >> 27) * 0x9e3779b97f4a7c15u) % WIDE_SLOTS];
}

/* A counter that has reached FILTER_STUCK stays there: slower frees for one in 64 Ki addresses,
 * never a lost one. What it most often is comes unread: a new page that is read before it is
 * written to is two page faults. */
static void step(uint8_t *count, int by)
{
	uint8_t old = by > 0 ? 0 : 1;

	while (old != FILTER_STUCK && !atomic_cas_relaxed(count, old, (uint8_t)(old + by))) {
		old = atomic_load_relaxed(count);
	}
}

bool filter_holds(const void *p)
{
	return filter_may_hold(p) && (self.wide == NULL || atomic_load_relaxed(wide_count(p)) != 0);
}

void filter_add(const void *p)
{
	if (self.wide == NULL) {
		step(&filter_counts[filter_slot(p)], 1);
		return;
	}
	if (atomic_load_relaxed(&filter_counts[filter_slot(p)]) != FILTER_STUCK) {
		filter_pin(p);
	}
	step(wide_count(p), 1);
}

void filter_drop(const void *p)
{
	step(self.wide == NULL ? &filter_counts[filter_slot(p)] : wide_count(p), -1);
}

void filter_expect(const void *p)
{
	__builtin_prefetch(self.wide == NULL ? &filter_counts[filter_slot(p)] : wide_count(p), 1);
}

void filter_pin(const void *p)
{
	atomic_store_relaxed(&filter_counts[filter_slot(p)], (uint8_t)FILTER_STUCK);
}

void filter_clear(void)
{
	for (uint32_t i = 0; i < FILTER_SLOTS; i++) {
		if (filter_counts[i] != 0 && filter_counts[i] != FILTER_STUCK) {
			filter_counts[i] = 0;
		}
	}
}

/* Without access first, as state.c's: a host may have all that comes locked (mlockall). */
void filter_widen(void)
{
	uint8_t *wide = sys_mmap(NULL, WIDE_SLOTS, PROT_NONE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (sys_failed(wide)) {
		return;
	}
	(void)sys_munlock(wide, WIDE_SLOTS);
	if (sys_mprotect(wide, WIDE_SLOTS, PROT_READ | PROT_WRITE) != 0 ||
	    sys_madvise(wide, WIDE_SLOTS, MADV_WIPEONFORK) != 0) {
		(void)sys_munmap(wide, WIDE_SLOTS);
		return;
	}
	self.wide = wide;
}
