/* SPDX-License-Identifier: Apache-2.0 */
/* objects: lib/unwind.o lib/step.o lib/rules.o lib/rules_cfi.o lib/cfi.o lib/ehframe.o */
/* objects: lib/gotext.o lib/made.o lib/modules_watch.o lib/filter.o lib/modules.o lib/spans.o */
/* objects: lib/sys.o lib/rules_code.o lib/insn.o lib/insn_form.o lib/rule.o */
/* objects: tests/unit/fake_next.o */
/*
 * Proves: a walk gives the return addresses that the functions themselves saw, on every kind of
 * stack, and ends without a wrong frame and without a fault on stacks that are junk. Fails when: a
 * rule is read wrongly, a span is too long or too short, or a word outside a span is read.
 *
 * The witness: each function notes its own return address (builtin, not the unwinder) in trace[].
 */
#include "unwind.h"

#include <alloca.h>
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <cmocka.h>

#include "failure.h"
#include "memo.h"
#include "modules.h"
#include "real.h"
#include "rules.h"
#include "spans.h"
#include "sys.h"
#include "thread.h"

#define NOINLINE __attribute__((noinline))
#define MOST	 2000

_Thread_local struct thread thread_state;

static uintptr_t trace[MOST];
static unsigned n_trace;
static uintptr_t pcs[UNWIND_DEPTH_MAX + 1];
static size_t n_pcs;
static unsigned flags;
static size_t depth = UNWIND_DEPTH_MAX;
static bool by_memory = true; /* walk so, too */

/* For failure.c, which would bring the state. */
static unsigned failures[LAYOUT_OFF_REASONS];

void failure_note(enum layout_off what)
{
	failures[what]++;
}

#define NOTE()	 (trace[n_trace++] = (uintptr_t)__builtin_return_address(0))
#define UNNOTE() (n_trace--)

/* By memory it is the same walk. */
static NOINLINE void walk_from(const struct unwind_regs *regs)
{
	static _Thread_local struct memo memo;
	uintptr_t others[UNWIND_DEPTH_MAX + 1];
	unsigned other_flags;

	n_pcs = unwind_walk(regs, pcs, depth, &flags);
	if (!by_memory) {
		return;
	}
	size_t n = unwind_walk_memo(regs, &memo, others, depth, &other_flags);

	assert_int_equal(n, n_pcs);
	assert_int_equal(other_flags, flags);
	assert_memory_equal(others, pcs, n * sizeof(uintptr_t));
}

static NOINLINE void walk(void)
{
	struct unwind_regs regs = {
		.pc = (uintptr_t)__builtin_return_address(0),
		.sp = (uintptr_t)__builtin_dwarf_cfa(),
		.fp = *(uintptr_t *)__builtin_frame_address(0),
	};

	walk_from(&regs);
}

/* pcs[0] is in the function that called walk(); then come the noted ones, innermost first. */
static void same_as_noted(void)
{
	assert_true(n_pcs > n_trace);
	for (unsigned i = 0; i < n_trace; i++) {
		assert_int_equal(pcs[1 + i], trace[n_trace - 1 - i]);
	}
}

static NOINLINE int leaf(int k)
{
	NOTE();
	walk();
	same_as_noted();
	UNNOTE();
	return k;
}

static NOINLINE int with_alloca(int k)
{
	NOTE();
	volatile char *room = alloca((size_t)k * 100 + 1);

	room[k] = 1;
	int r = leaf(k) + room[k];

	UNNOTE();
	return r;
}

static NOINLINE int realigned(int k)
{
	NOTE();
	volatile char room[100] __attribute__((aligned(64)));

	room[k] = (char)k;
	int r = with_alloca(k) + room[k];

	UNNOTE();
	return r;
}

static NOINLINE int realigned_alloca(int k)
{
	NOTE();
	volatile char room[100] __attribute__((aligned(128)));
	volatile char *more = alloca((size_t)k + 1);

	room[k] = more[k] = (char)k;
	int r = realigned(k) + room[k] + more[k];

	UNNOTE();
	return r;
}

static NOINLINE int with_fp(int k)
{
	NOTE();
	volatile uintptr_t fp = (uintptr_t)__builtin_frame_address(0); /* so that there is one */
	int r = realigned_alloca(k) + (fp != 0);

	UNNOTE();
	return r;
}

static NOINLINE int big_frame(int k)
{
	NOTE();
	volatile char room[300000];

	room[k] = 1;
	int r = with_fp(k) + room[k];

	UNNOTE();
	return r;
}

static NOINLINE int recurse(int n, int k)
{
	NOTE();
	volatile int here = n;
	int r = n == 0 ? big_frame(k) : recurse(n - 1, k) + here;

	UNNOTE();
	return r;
}

static int all_frames(int k)
{
	n_trace = 0;
	flags = 99;
	return recurse(10, k);
}

static void forms_of_frames(void **state)
{
	(void)state;
	for (int k = 0; k < 5; k++) {
		all_frames(k);
		assert_int_equal(flags, 0);
	}
}

static int compare(const void *a, const void *b)
{
	leaf(3);
	return *(const int *)a - *(const int *)b;
}

static void through_libc(void **state)
{
	int numbers[] = {2, 1};

	(void)state;
	n_trace = 0;
	qsort(numbers, 2, sizeof numbers[0], compare);
	assert_int_equal(flags, 0);
}

/* --- threads -------------------------------------------------------------------------------- */

static void *thread_main(void *told)
{
	if (told) {
		spans_thread_start();
		assert_true(thread_self()->stack_hi != 0);
	}
	all_frames(2);
	return NULL;
}

static void run_thread(const pthread_attr_t *attr, bool told)
{
	pthread_t t;

	assert_int_equal(pthread_create(&t, attr, thread_main, told ? &t : NULL), 0);
	pthread_join(t, NULL);
	assert_int_equal(flags, 0);
}

static void threads(void **state)
{
	pthread_attr_t attr;
	size_t size = 8 << 20; /* libtsan alone takes most of one MiB */
	void *own = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	for (int i = 0; i < 3; i++) {
		run_thread(NULL, true);
	}
	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, own, size);
	run_thread(&attr, true);
	pthread_attr_destroy(&attr);
	munmap(own, size);
}

static void *thread_untold(void *arg)
{
	(void)arg;
	n_trace = 0;
	leaf(1); /* the span is proven by one system call; 64 KiB are enough here */
	return NULL;
}

static void a_thread_nobody_told_of(void **state)
{
	pthread_t t;

	(void)state;
	pthread_create(&t, NULL, thread_untold, NULL);
	pthread_join(t, NULL);
	assert_int_equal(flags, 0);
}

/* --- signals -------------------------------------------------------------------------------- */

static void handler(int sig)
{
	(void)sig;
	walk();
}

static NOINLINE void raise_here(void)
{
	NOTE();
	raise(SIGUSR1);
	__asm__ volatile(""); /* or raise, 'leaf' by its declaration, becomes a tail call */
	UNNOTE();
}

static void expect_interrupted(void)
{
	unsigned i = 0;

	assert_int_equal(flags, 0);
	while (i < n_pcs && pcs[i] != trace[0]) {
		i++;
	}
	assert_true(i >= 4 && i < n_pcs); /* handler, trampoline, libc's raise, raise_here */
}

static void signal_on(int sa_flags)
{
	struct sigaction sa = {.sa_handler = handler, .sa_flags = sa_flags}, old;

	sigaction(SIGUSR1, &sa, &old);
	n_trace = 0;
	raise_here();
	n_trace = 1;
	expect_interrupted();
	sigaction(SIGUSR1, &old, NULL);
}

static void signals(void **state)
{
	static char room[65536];
	stack_t ss = {.ss_sp = room, .ss_size = sizeof room}, off = {.ss_flags = SS_DISABLE};

	(void)state;
	signal_on(0);
	assert_int_equal(sigaltstack(&ss, NULL), 0);
	assert_int_equal(thread_self()->alt_lo, (uintptr_t)room);
	signal_on(SA_ONSTACK);
	assert_int_equal(sigaltstack(&off, NULL), 0);
	assert_int_equal(thread_self()->alt_hi, 0);
}

/* --- coroutines ----------------------------------------------------------------------------- */

static ucontext_t outer, inner;

static void coroutine(void)
{
	n_trace = 0;
	leaf(4);
	n_trace = 0; /* and no tail call */
}

static void coroutines(void **state)
{
	static char room[262144];

	(void)state;
	getcontext(&inner);
	inner.uc_stack.ss_sp = room;
	inner.uc_stack.ss_size = sizeof room;
	inner.uc_link = &outer;
	makecontext(&inner, coroutine, 0);
	swapcontext(&outer, &inner);
	assert_int_equal(flags, 0); /* __start_context is an end */
	assert_true(n_pcs >= 3 && n_pcs < 6);
}

/* --- depth ---------------------------------------------------------------------------------- */

static uintptr_t whole[UNWIND_DEPTH_MAX + 1];
static size_t n_whole;

static NOINLINE int deep(int n)
{
	volatile int here = n;

	if (n == 0) {
		size_t wanted = depth;

		depth = UNWIND_DEPTH_MAX;
		walk();
		memcpy(whole, pcs, sizeof whole);
		n_whole = n_pcs;
		depth = wanted;
		walk();
		return here;
	}
	return deep(n - 1) + here;
}

static void depths(void **state)
{
	(void)state;
	for (depth = 2; depth <= 150; depth += depth < 12 ? 1 : 23) {
		deep(100);
		size_t n = n_whole < depth ? n_whole : depth + 1;

		assert_int_equal(n_pcs, n);
		assert_int_equal(flags, n_whole > depth ? UNWIND_DEEP : 0);
		if (n_whole <= depth) {
			continue;
		}
		size_t at = 0;

		while (at < n_pcs && pcs[at] != UNWIND_PC_ELLIPSIS) {
			at++;
		}
		assert_true(at > 0 && at < n_pcs - 1);
		for (size_t i = 1; i < at; i++) { /* 0: another line of deep() */
			assert_int_equal(pcs[i], whole[i]);
		}
		for (size_t i = 1; i < n_pcs - at; i++) {
			assert_int_equal(pcs[n_pcs - i], whole[n_whole - i]);
		}
	}
	depth = UNWIND_DEPTH_MAX;
}

static void endless(void **state)
{
	static uintptr_t first[UNWIND_DEPTH_MAX + 1];
	size_t n;

	(void)state;
	depth = 64;
	deep(6000);
	assert_int_equal(flags, UNWIND_DEEP | UNWIND_CUT);
	n = n_pcs;
	assert_int_equal(pcs[n - 1], UNWIND_PC_CUT);
	assert_int_equal(pcs[n - 2], UNWIND_PC_ELLIPSIS);
	memcpy(first, pcs, sizeof first);
	deep(6001); /* another depth is no other stack */
	assert_int_equal(n_pcs, n);
	assert_memory_equal(first, pcs, n * sizeof pcs[0]);
	depth = UNWIND_DEPTH_MAX;
}

/* --- learning, by many at once -----------------------------------------------------------------
 */

static int learners_cut; /* walks that were cut; atomic */
static bool learners_stop;

/* One more walk to the end of this thread's stack, into a buffer of its own. */
static NOINLINE void walk_aside(void)
{
	uintptr_t here[64];
	unsigned f = 0;
	struct unwind_regs regs = {
		.pc = (uintptr_t)__builtin_return_address(0),
		.sp = (uintptr_t)__builtin_dwarf_cfa(),
		.fp = *(uintptr_t *)__builtin_frame_address(0),
	};

	(void)unwind_walk(&regs, here, 63, &f);
	if (f) {
		__atomic_fetch_add(&learners_cut, 1, __ATOMIC_RELAXED);
	}
}

static NOINLINE int learn_deep(int n)
{
	volatile char room[40];

	room[0] = (char)n;
	if (n == 0) {
		walk_aside();
		return room[0];
	}
	return learn_deep(n - 1) + room[0];
}

static int compare_aside(const void *a, const void *b)
{
	walk_aside();
	return *(const int *)a - *(const int *)b;
}

static void on_timer(int sig)
{
	(void)sig;
	walk_aside();
}

static void *learner(void *arg)
{
	spans_thread_start();
	for (int i = 0; i < 300; i++) {
		int numbers[] = {3, 1, 2};

		rules_forget_all();
		learn_deep(8);
		qsort(numbers, 3, sizeof numbers[0], compare_aside);
	}
	return arg;
}

static void *interrupter(void *arg)
{
	const pthread_t *t = arg;

	for (int i = 0; !__atomic_load_n(&learners_stop, __ATOMIC_RELAXED); i++) {
		pthread_kill(t[i % 8], SIGUSR2);
		usleep(100);
	}
	return NULL;
}

/* Nobody who learns is in another one's way, nor in his own, interrupted: no stack is cut for it.
 */
static void learners(void **state)
{
	struct sigaction sa = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
	pthread_t t[8], by;

	(void)state;
	sigaction(SIGUSR2, &sa, NULL);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(pthread_create(&t[i], NULL, learner, NULL), 0);
	}
	assert_int_equal(pthread_create(&by, NULL, interrupter, t), 0);
	learner(NULL);
	__atomic_store_n(&learners_stop, true, __ATOMIC_RELAXED);
	pthread_join(by, NULL);
	for (int i = 0; i < 8; i++) {
		pthread_join(t[i], NULL);
	}
	assert_int_equal(learners_cut, 0);
}

/* --- code made at run time ----------------------------------------------------------------------
 */

typedef void made_fn(void (*)(void));

static made_fn *make_code(const uint8_t *bytes, size_t n)
{
	uint8_t *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	made_fn *f;

	memcpy(at + 64, bytes, n);
	at += 64;
	memcpy(&f, &at, sizeof f);
	return f;
}

static void called_by_made(void)
{
	walk();
	__asm__ volatile("");
}

static NOINLINE int call_made(made_fn *f, int k)
{
	NOTE();
	volatile char *room = alloca((size_t)k * 16 + 16); /* so that there is a frame pointer */

	room[k] = 1;
	f(called_by_made);
	UNNOTE();
	return room[k];
}

/* By the code itself. Where that cannot tell, by the frame pointer if the code keeps one; if not,
 * the register still leads to the frame of its caller, and following it would leave that one out.
 */
static void made_code(void **state)
{
	static const uint8_t with_frame[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};
	static const uint8_t without[] = {0x48, 0x83, 0xec, 0x08, 0xff, 0xd7,
					  0x48, 0x83, 0xc4, 0x08, 0xc3};
	/* As above, but the way to the ret leads through a register. */
	static const uint8_t endless_frame[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7,
						0x48, 0x8d, 0x0d, 2,	0,    0,
						0,    0xff, 0xe1, 0x5d, 0xc3};
	static const uint8_t endless_without[] = {0x48, 0x83, 0xec, 0x08, 0xff, 0xd7, 0x48,
						  0x8d, 0x0d, 2,    0,	  0,	0,    0xff,
						  0xe1, 0x48, 0x83, 0xc4, 0x08, 0xc3};

	(void)state;
	n_trace = 0;
	call_made(make_code(with_frame, sizeof with_frame), 3);
	assert_int_equal(flags, 0);
	assert_int_equal(pcs[3], trace[0]); /* called_by_made, the made one, call_made */
	call_made(make_code(without, sizeof without), 3);
	assert_int_equal(flags, 0);
	assert_int_equal(pcs[3], trace[0]);
	call_made(make_code(endless_frame, sizeof endless_frame), 3);
	assert_int_equal(flags, 0);
	assert_int_equal(pcs[3], trace[0]);
	call_made(make_code(endless_without, sizeof endless_without), 3);
	assert_int_equal(flags, UNWIND_CUT);
	assert_int_equal(n_pcs, 3);
}

/* --- stacks that are none ------------------------------------------------------------------- */

static uintptr_t junk_word(unsigned *seed, const uintptr_t *stack, size_t words)
{
	uintptr_t r = ((uintptr_t)rand_r(seed) << 31) ^ (uintptr_t)rand_r(seed);
	static const uintptr_t code[] = {(uintptr_t)qsort, (uintptr_t)raise, (uintptr_t)walk,
					 (uintptr_t)big_frame, (uintptr_t)realigned_alloca};

	switch (rand_r(seed) % 6) {
	case 0:
		return r;
	case 1:
		return r << 20;
	case 2:
		return (uintptr_t)(stack + r % words);
	case 3:
		return (uintptr_t)(stack + r % words) + r % 8;
	default:
		return code[r % 5] + r % 600;
	}
}

static void *junk_walks(void *arg)
{
	unsigned seed = *(unsigned *)arg;
	size_t words = 4096;
	/* Its own span, with nothing mapped behind it: reading past the end would be a fault. */
	char *at = mmap(NULL, words * 8 + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uintptr_t *stack = (uintptr_t *)(at + 4096);
	struct thread *t = thread_self();

	mprotect(stack, words * 8, PROT_READ | PROT_WRITE);
	t->stack_lo = (uintptr_t)stack - 32768; /* room for learning, as if we ran on it */
	t->stack_hi = (uintptr_t)(stack + words);
	for (int round = 0; round < 300; round++) {
		for (size_t i = 0; i < words; i++) {
			stack[i] = junk_word(&seed, stack, words);
		}
		for (int i = 0; i < 100; i++) {
			struct unwind_regs regs = {
				.pc = junk_word(&seed, stack, words),
				.sp = (uintptr_t)(stack + (unsigned)rand_r(&seed) % words),
				.fp = junk_word(&seed, stack, words),
			};

			n_pcs = unwind_walk(&regs, pcs, 64, &flags);
			assert_true(n_pcs >= 1 && n_pcs <= 65);
			assert_true(pcs[0] - regs.pc <= 1);
		}
	}
	munmap(at, words * 8 + 8192);
	t->stack_lo = t->stack_hi = 0;
	return NULL;
}

static void junk(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	pthread_t t;

	(void)state;
	print_message("seed %u\n", seed);
	pthread_create(&t, NULL, junk_walks, &seed);
	pthread_join(t, NULL);
}

static void nothing_readable(void **state)
{
	struct unwind_regs regs = {(uintptr_t)walk, 0x10, 0};

	(void)state;
	assert_int_equal(unwind_walk(&regs, pcs, 64, &flags), 2);
	assert_int_equal(pcs[0], regs.pc);
	assert_int_equal(pcs[1], UNWIND_PC_CUT);
	assert_int_equal(flags, UNWIND_CUT);
	regs.sp = 0x7ffffffff000;
	assert_int_equal(unwind_walk(&regs, pcs, 64, &flags), 2);
	regs.sp = (uintptr_t)&regs + 3;
	assert_int_equal(unwind_walk(&regs, pcs, 64, &flags), 2);
}

/* --- a sandbox: last, for it cannot be left ------------------------------------------------- */

static void sealed(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) { /* learned before, known after */
		all_frames(2);
		assert_int_equal(flags, 0);
		sys_seal();
	}
	rules_forget_all();
	n_trace = 0;
	with_alloca(3); /* by the code itself; leaf() compares */
	assert_int_equal(sys_sealed(), true);
}

/* Somebody has written into the cache of rules. The walk ends, and it is told of once. */
static void impossible_rule(void **state)
{
	struct rules_table *t;
	static uint64_t saved[1 << 17];

	(void)state;
	walk();
	walk(); /* by now the rules of this stack are kept */
	t = (struct rules_table *)(uintptr_t)rules_table();
	assert_non_null(t);
	size_t n = 1ull << (64 - t->shift);

	assert_true(n <= sizeof(saved) / sizeof(saved[0]));
	memcpy(saved, t->slots, n * sizeof(saved[0]));
	for (size_t i = 0; i < n; i++) {
		if (t->slots[i] != 0) {
			t->slots[i] = (t->slots[i] >> RULE_BITS << RULE_BITS) +
				      rule_make(RULE_WIDE, RULE_CFA_MOST, 0);
		}
	}
	failures[LAYOUT_OFF_RULE] = 0;
	by_memory = false;
	walk();
	by_memory = true;
	memcpy(t->slots, saved, n * sizeof(saved[0]));
	assert_true((flags & UNWIND_CUT) != 0);
	assert_int_equal(failures[LAYOUT_OFF_RULE], 1);
	walk();
	assert_int_equal(failures[LAYOUT_OFF_RULE], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(impossible_rule),
		cmocka_unit_test(forms_of_frames),
		cmocka_unit_test(through_libc),
		cmocka_unit_test(threads),
		cmocka_unit_test(a_thread_nobody_told_of),
		cmocka_unit_test(signals),
		cmocka_unit_test(coroutines),
		cmocka_unit_test(depths),
		cmocka_unit_test(endless),
		cmocka_unit_test(learners),
		cmocka_unit_test(made_code),
		cmocka_unit_test(junk),
		cmocka_unit_test(nothing_readable),
		cmocka_unit_test(sealed),
	};

	modules_start();
	spans_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
