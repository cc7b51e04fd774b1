/* SPDX-License-Identifier: Apache-2.0 */
/*
 * made.c - frames of code that was made at run time, by the frame pointer
 *
 * If such code keeps frame pointers, its own frame lies between sp and fp, and no return address
 * does. If it uses fp for something else, fp may still lead to a frame further up (HotSpot's
 * compiled code leaves it as its caller had it), and those left out have their return addresses
 * below it. So a word there that might be one is enough for a no. An old one, left over in memory
 * that was not written since, is too: then a stack is cut that need not be.
 */
#include "made.h"

#include "atomics.h"
#include "modules.h"
#include "rules.h"
#include "sys.h"

#define FRAME_MOST   4096	   /* a larger frame is not followed */
#define NEAR	     (256ul << 20) /* how far such code reaches: HotSpot's cache has 240 MiB */
#define ADDRESS_MOST (1ul << 47)

/* Where code made at run time was seen so far: from the lowest to the highest program counter. */
static struct {
	uintptr_t lo, hi;
} made;

void made_note(uintptr_t pc)
{
	/* Relaxed: bounds for a guess; of two threads that widen them at once one may be late. */
	uintptr_t lo = atomic_load_relaxed(&made.lo);

	if (!lo || pc < lo) {
		atomic_store_relaxed(&made.lo, pc);
	}
	if (pc > atomic_load_relaxed(&made.hi)) {
		atomic_store_relaxed(&made.hi, pc);
	}
}

bool made_is_near(uintptr_t pc, uintptr_t word)
{
	return word - (pc - NEAR) < 2 * NEAR;
}

static bool made_holds(uintptr_t pc)
{
	uintptr_t lo = atomic_load_relaxed(&made.lo),
		  hi = atomic_load_relaxed(&made.hi); /* bounds */

	return pc - lo <= hi - lo;
}

/* Whether the word could be the return address of a frame: behind a call, or anywhere among code
 * that was made at run time (HotSpot's interpreter returns to places that no call is before). */
static bool may_return_to(uintptr_t pc, const struct span *span, uintptr_t word)
{
	struct module m;

	if (word < 4096 || word >= ADDRESS_MOST || word - span->lo < span->hi - span->lo) {
		return false;
	}
	if (made_holds(word)) {
		return true;
	}
	if (modules_find(word - 1, &m)) {
		return modules_executable(&m, word - 1) && rules_call_ends(word);
	}
	return made_is_near(pc, word) && (sys_sealed() || rules_call_ends(word));
}

bool made_is_next(const struct unwind_regs *r, const struct span *span)
{
	if (r->fp < r->sp || r->fp - r->sp > FRAME_MOST || r->fp % 8 || r->fp > span->hi) {
		return false;
	}
	for (uintptr_t at = r->sp; at < r->fp; at += 8) {
		if (may_return_to(r->pc, span, *(const uintptr_t *)at)) {
			return false;
		}
	}
	return true;
}
