/* SPDX-License-Identifier: Apache-2.0 */
/*
 * atomics.h - atomic operations that name their order
 *
 * Every access to memory that another thread, a signal handler or a reader of the state file may
 * touch at the same time goes through these functions, so that the order it needs can be read in
 * its name: relaxed, acquire, release, full (sequentially consistent). There is no default order
 * and no bare access.
 *
 * A release and the acquire that sees it carry the same `PAIR name:` comment; `make lint` fails on
 * a name that has one end only. A relaxed access says why that is enough, or stands in a counter.
 *
 * All functions: any context. They compile to plain moves and locked instructions, never to calls.
 */
#ifndef LEAKTRACK_ATOMICS_H
#define LEAKTRACK_ATOMICS_H

#include <stdbool.h>
#include <stdint.h>

/* A macro, for one name must serve every width; the types stay checked by the compiler. */
#define atomic_load_relaxed(p)	      __atomic_load_n((p), __ATOMIC_RELAXED)
#define atomic_load_acquire(p)	      __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define atomic_store_relaxed(p, v)    __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define atomic_store_release(p, v)    __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define atomic_add_relaxed(p, v)      __atomic_fetch_add((p), (v), __ATOMIC_RELAXED)
#define atomic_add_release(p, v)      __atomic_fetch_add((p), (v), __ATOMIC_RELEASE)
#define atomic_sub_relaxed(p, v)      __atomic_fetch_sub((p), (v), __ATOMIC_RELAXED)
#define atomic_sub_release(p, v)      __atomic_fetch_sub((p), (v), __ATOMIC_RELEASE)
#define atomic_add_full(p, v)	      __atomic_fetch_add((p), (v), __ATOMIC_SEQ_CST)
#define atomic_sub_full(p, v)	      __atomic_fetch_sub((p), (v), __ATOMIC_SEQ_CST)
#define atomic_exchange_acquire(p, v) __atomic_exchange_n((p), (v), __ATOMIC_ACQUIRE)
#define atomic_exchange_acq_rel(p, v) __atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL)

/* Compare and swap, strong: true when *p was @old and is @new now. */
#define atomic_cas_relaxed(p, old, new)                                                      \
	__extension__({                                                                      \
		__typeof__(*(p)) expected_ = (old);                                          \
		__atomic_compare_exchange_n((p), &expected_, (new), false, __ATOMIC_RELAXED, \
					    __ATOMIC_RELAXED);                               \
	})
#define atomic_cas_acquire(p, old, new)                                                      \
	__extension__({                                                                      \
		__typeof__(*(p)) expected_ = (old);                                          \
		__atomic_compare_exchange_n((p), &expected_, (new), false, __ATOMIC_ACQUIRE, \
					    __ATOMIC_RELAXED);                               \
	})
#define atomic_cas_acq_rel(p, old, new)                                                      \
	__extension__({                                                                      \
		__typeof__(*(p)) expected_ = (old);                                          \
		__atomic_compare_exchange_n((p), &expected_, (new), false, __ATOMIC_ACQ_REL, \
					    __ATOMIC_RELAXED);                               \
	})

/* Between a store to one place and a load of another: of two threads that each store, then look at
 * what the other stores, one at least sees it. */
static inline void atomic_full_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Keep the compiler, not the processor, from moving accesses: between a thread and its own handler.
 */
static inline void atomic_signal_barrier(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

#endif
