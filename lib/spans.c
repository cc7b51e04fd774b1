/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spans.c - memory that is known to be a live stack
 *
 * Main thread: from the stack pointer up to __libc_stack_end is one mapping, for the kernel grows a
 * stack without holes, and keeps other mappings out of the larger of RLIMIT_STACK (as it was at
 * exec) and 128 MiB below its top (mmap_base() in arch/x86/mm/mmap.c). A host that takes away the
 * access to pages in the middle of it, runs code below them, and has unwind tables that lie would
 * make us read there: only a system call a sample could tell.
 *
 * Threads: glibc puts struct pthread at the top of the stack block, its own or the host's
 * (pthread_attr_setstack), so the block is live from its low end, above the guard, to the thread
 * pointer. Where the low end is, struct pthread says: `stackblock, stackblock_size, guardsize` are
 * neighbours in it. Their place is not public, so it is found once, in the first thread that
 * starts, by looking for the values that pthread_getattr_np gives; later threads read them in
 * place. pthread_getattr_np itself allocates, makes a system call and takes a lock: not in every
 * thread, and never inside malloc.
 *
 * The alternate signal stack belongs to the thread that set it; it is remembered in the TLS struct.
 */
#include "spans.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include "arch.h"
#include "atomics.h"
#include "modules.h"
#include "real.h"
#include "sys.h"
#include "thread.h"

#define PAGE	       4096ul
#define MAIN_GAP_LEAST (128ul << 20) /* what the kernel keeps free below the main stack's top */
#define MAIN_GAP_MOST  (1ul << 30)
#define PROBE_PAGES    16
#define DESCRIPTOR     1792	   /* bytes of struct pthread that every glibc from 2.17 on has */
#define GOROUTINE_MOST (1ul << 30) /* runtime.maxstacksize on 64 bits */

extern void *__libc_stack_end __attribute__((weak));

/* Not imported: a look-up over all libraries in every process, for what few of them need. */
typedef int getattr_fn(pthread_t, pthread_attr_t *);
typedef int getstack_fn(const pthread_attr_t *, void **, size_t *);
typedef int destroy_fn(pthread_attr_t *);

static struct {
	int (*sigaltstack)(const stack_t *, stack_t *);
	/* Words from the thread pointer to struct pthread's stackblock; 0: not found yet; -1:
	 * cannot be found. The same value whoever writes it. */
	int descriptor;
} spans;

/* Page numbers that hold a g: proven readable, never unmapped by Go. */
static ARCH_LARGE uint64_t g_pages[64];

static uintptr_t here(void)
{
	return (uintptr_t)__builtin_frame_address(0);
}

static bool main_span(struct span *span)
{
	struct rlimit limit = {0, 0};
	uintptr_t gap = MAIN_GAP_LEAST;

	if (!&__libc_stack_end || !__libc_stack_end) {
		return false;
	}
	span->hi = ((uintptr_t)__libc_stack_end & -16ul) + 16;
	if (sys_getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur > gap) {
		gap = limit.rlim_cur < MAIN_GAP_MOST ? limit.rlim_cur : MAIN_GAP_MOST;
	}
	span->lo = span->hi - gap;
	return here() >= span->lo && here() < span->hi;
}

static bool descriptor_read(const uintptr_t *tcb, int at, struct span *span)
{
	uintptr_t block = tcb[at], size = tcb[at + 1], guard = tcb[at + 2];

	if (guard >= size || block + size < block) {
		return false;
	}
	span->lo = block + guard;
	span->hi = (uintptr_t)tcb;
	return span->lo < here() && here() < span->hi && span->hi < block + size;
}

/* Ask once, and find the same answer in the descriptor. */
static bool attr_read(const uintptr_t *tcb, struct span *span)
{
	pthread_attr_t attr;
	void *lo;
	size_t size;
	struct span found;

	if (sys_sealed()) {
		return false;
	}
	getattr_fn *getattr = (getattr_fn *)real_next("pthread_getattr_np");
	getstack_fn *getstack = (getstack_fn *)real_next("pthread_attr_getstack");
	destroy_fn *destroy = (destroy_fn *)real_next("pthread_attr_destroy");
	if (getattr == NULL || getstack == NULL || destroy == NULL) {
		return false; /* glibc before 2.34, without its library for threads */
	}
	uint64_t left = thread_begin_ours(); /* else a thread that allocates nothing has an arena */
	bool ok = getattr((pthread_t)tcb, &attr) == 0;

	if (ok) {
		ok = getstack(&attr, &lo, &size) == 0;
		(void)destroy(&attr);
	}
	thread_end_ours(left);
	if (!ok) {
		return false;
	}
	span->lo = (uintptr_t)lo;
	span->hi = (uintptr_t)lo + size;
	if (here() < span->lo || here() >= span->hi) {
		return false;
	}
	for (int i = 1; i < DESCRIPTOR / 8 - 2; i++) {
		if (descriptor_read(tcb, i, &found) && tcb[i] + tcb[i + 1] == span->hi &&
		    found.lo == span->lo) {
			atomic_store_relaxed(&spans.descriptor, i); /* one value, no more */
			return true;
		}
	}
	atomic_store_relaxed(&spans.descriptor, -1);
	return true;
}

void spans_thread_start(void)
{
	const uintptr_t *tcb = __builtin_thread_pointer();
	struct thread *t = thread_self();
	int at = atomic_load_relaxed(&spans.descriptor);
	int saved = errno;
	struct span span;

	modules_refresh();
	if ((at > 0 && descriptor_read(tcb, at, &span)) || attr_read(tcb, &span)) {
		t->stack_lo = span.lo;
		atomic_signal_barrier();
		t->stack_hi = span.hi;
	}
	errno = saved;
}

void spans_start(void)
{
	struct thread *t = thread_self();
	struct span span;

	*(void **)&spans.sigaltstack = real_next("sigaltstack");
	if (!main_span(&span)) {
		spans_thread_start();
		return;
	}
	t->stack_lo = span.lo;
	t->stack_hi = span.hi;
}

bool spans_of(uintptr_t sp, struct span *span)
{
	const struct thread *t = thread_self();

	if (sp >= t->stack_lo && sp < t->stack_hi) {
		span->lo = t->stack_lo;
		span->hi = t->stack_hi;
		return true;
	}
	if (sp >= t->alt_lo && sp < t->alt_hi) {
		span->lo = t->alt_lo;
		span->hi = t->alt_hi;
		return true;
	}
	return false;
}

bool spans_is_first(uintptr_t sp)
{
	return &__libc_stack_end && sp >= (uintptr_t)__libc_stack_end &&
	       sp - (uintptr_t)__libc_stack_end < 16;
}

bool spans_probe(uintptr_t sp, struct span *span)
{
	struct iovec iov[PROBE_PAGES];
	char bytes[PROBE_PAGES];
	ssize_t n;

	if (sp < PAGE || sp % 8 || sp > (1ul << 47) - (PROBE_PAGES + 1) * PAGE) {
		return false;
	}
	for (int i = 0; i < PROBE_PAGES; i++) {
		iov[i].iov_base = (void *)(i ? (sp & -PAGE) + i * PAGE : sp);
		iov[i].iov_len = 1;
	}
	n = sys_peek(bytes, sizeof bytes, iov, PROBE_PAGES);
	if (n <= 0) {
		return false;
	}
	span->lo = sp;
	span->hi = (sp & -PAGE) + n * PAGE;
	return true;
}

static bool g_page_known(uintptr_t page)
{
	return atomic_load_relaxed(&g_pages[page % 64]) == page; /* a fact on its own */
}

static bool g_readable(uintptr_t g)
{
	uintptr_t first = g / PAGE, last = (g + 15) / PAGE;
	struct iovec iov[2] = {{(void *)g, 1}, {(void *)(g + 15), 1}};
	char bytes[2];

	if (g_page_known(first) && (first == last || g_page_known(last))) {
		return true;
	}
	if (sys_peek(bytes, sizeof bytes, iov, 2) != 2) {
		return false;
	}
	atomic_store_relaxed(&g_pages[first % 64], first);
	atomic_store_relaxed(&g_pages[last % 64], last);
	return true;
}

bool spans_of_g(uintptr_t g, struct span *span)
{
	const uintptr_t *words = (const uintptr_t *)g;

	if (g < PAGE || g % 8 || g > (1ul << 47) - PAGE || !g_readable(g)) {
		return false;
	}
	span->lo = words[0];
	span->hi = words[1];
	return span->lo >= PAGE && span->lo % 8 == 0 && span->hi % 8 == 0 && span->hi > span->lo &&
	       span->hi - span->lo <= GOROUTINE_MOST;
}

/* sigaltstack - the host's call; what it set is where this thread's handlers will run */
__attribute__((visibility("default"))) int sigaltstack(const stack_t *restrict ss,
						       stack_t *restrict old)
{
	struct thread *t = thread_self();
	int ret;

	if (!spans.sigaltstack) {
		*(void **)&spans.sigaltstack = real_next("sigaltstack");
	}
	ret = spans.sigaltstack(ss, old);
	if (ret == 0 && ss) {
		bool off = ss->ss_flags & SS_DISABLE;

		t->alt_hi = 0;
		atomic_signal_barrier();
		t->alt_lo = off ? 0 : (uintptr_t)ss->ss_sp;
		atomic_signal_barrier();
		t->alt_hi = off ? 0 : (uintptr_t)ss->ss_sp + ss->ss_size;
	}
	return ret;
}
