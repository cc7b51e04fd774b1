/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modules_watch.c - to be told when a module goes, also by a dlclose inside glibc
 *
 * Source: own. A set-associative table of link maps, one word each; seen with glibc 2.36, where
 * _dl_close_worker() unmaps, then frees the link map, both under the loader's lock.
 *
 * Slot: 0 --swap--> link map --swap--> 0. A map may stand twice, if two threads came with it.
 * Ordering promises: 1. the filter counts a map before its slot does, so free() cannot miss it.
 * 2. the generation is raised after the module was unmapped: a learner that began before and keeps
 * its rule after takes it back (rules.c). Progress: wait-free, 8 probes.
 */
#include "modules_watch.h"

#include "arch.h"
#include "atomics.h"
#include "filter.h"

#define SETS 64u
#define WAYS 8u

static ARCH_LARGE struct {
	_Alignas(64) uintptr_t maps[SETS][WAYS];
} watch;

static uintptr_t *set_of(uintptr_t map)
{
	return watch.maps[filter_slot((const void *)map) % SETS];
}

bool modules_watch(const struct module *m)
{
	uintptr_t map = (uintptr_t)m->map;
	uintptr_t *set = set_of(map);

	if (!map) {
		return true; /* of no loader that could unload it, or of one too old to tell */
	}
	for (unsigned i = 0; i < WAYS; i++) {
		if (atomic_load_relaxed(&set[i]) == map) { /* complete in itself */
			return true;
		}
	}
	filter_add(m->map);
	for (unsigned i = 0; i < WAYS; i++) {
		if (atomic_cas_relaxed(&set[i], 0, map)) {
			return true;
		}
	}
	filter_drop(m->map);
	return false;
}

bool modules_watch_freed(const void *p)
{
	uintptr_t map = (uintptr_t)p;
	uintptr_t *set = set_of(map);
	bool found = false;

	for (unsigned i = 0; map && i < WAYS; i++) {
		if (atomic_load_relaxed(&set[i]) == map && atomic_cas_relaxed(&set[i], map, 0)) {
			filter_drop(p);
			found = true;
		}
	}
	if (found) {
		modules_generation_raise();
	}
	return found;
}

void modules_watch_fork_child(void)
{
	for (unsigned i = 0; i < SETS * WAYS; i++) {
		uintptr_t map = watch.maps[i / WAYS][i % WAYS]; /* the child has one thread */

		if (map) {
			filter_add((const void *)map);
		}
	}
}
