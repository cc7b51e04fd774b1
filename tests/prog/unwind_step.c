/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwind_step.c - the stack at each instruction: a handler that walks, through code of all kinds
 *
 *     LD_PRELOAD=libprobe.so unwind_step [LIBRARY]     STEPS=20000: so many a scenario
 *
 * The processor's trap flag stops the program behind every instruction; the SIGTRAP handler walks,
 * as one that allocates would. So every prologue, epilogue, PLT stub, the loader that binds it,
 * hand-written assembly and realigned frame is met half way. Two witnesses: unw_backtrace from the
 * same handler, and the frames of the function that began stepping, which are known.
 *
 *   wrong: ours reaches an end, but not the one that is known, or differs from a witness that does
 *   cut:   ours is cut, and says so; 'missed' where the witness did find the known end
 *
 * Any wrong one fails the test; of a thousand stacks at most one may be missed, unless LAZY is set:
 * the loader's frame that binds a function at its first call hangs on rbx, which a walk does not
 * follow. LIBRARY exports thrower() (unwind_step.cc). Exit 77: no probe or no libunwind.
 */
#include <alloca.h>
#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define MOST	  200
#define NOINLINE  __attribute__((noinline))
#define TRAP_FLAG 0x100

static int (*probe)(uintptr_t *, int, unsigned *);
static int (*unw)(void **, int);

static struct {
	const char *name;
	long left; /* steps */
	uintptr_t known[MOST];
	int n_known;
} now;

static struct counts {
	long same, wrong, cut, missed, blind; /* blind: neither witness nor we saw the end */
} sum;

static volatile int sink;
static jmp_buf out_of;

static const char *name_of(uintptr_t pc, char *to, size_t n)
{
	Dl_info info;

	if (dladdr((void *)pc, &info)) {
		snprintf(to, n, "%s+%#lx(%s)", info.dli_sname ? info.dli_sname : "?",
			 pc - (uintptr_t)(info.dli_sname ? info.dli_saddr : info.dli_fbase),
			 strrchr(info.dli_fname, '/') ? strrchr(info.dli_fname, '/') + 1
						      : info.dli_fname);
	} else {
		snprintf(to, n, "%#lx", pc);
	}
	return to;
}

static void show(const char *what, const uintptr_t *pcs, int n)
{
	char name[200];

	printf("  %s:", what);
	for (int i = 0; i < n; i++) {
		printf(" %s", name_of(pcs[i], name, sizeof name));
	}
	printf("\n");
}

/* Whether a list of frames ends as the known one does, and has code addresses only. (The witness
 * gives words of the stack for frames, where a frame pointer is being made.) */
static int ends_right(const uintptr_t *pcs, int n)
{
	struct dl_find_object found; /* without a lock, which the code that is stepped may hold */

	for (int i = 0; i < n; i++) {
		if (_dl_find_object((void *)(pcs[i] - 1), &found) != 0) {
			return 0;
		}
	}
	return n >= now.n_known &&
	       memcmp(pcs + n - now.n_known, now.known, (size_t)now.n_known * sizeof pcs[0]) == 0;
}

static void judge(const uintptr_t *ours, int n, unsigned flags, const uintptr_t *theirs, int m)
{
	int right = ends_right(theirs, m), same = n == m && !flags;
	char name[200];

	for (int i = 0; same && i < n; i++) {
		same = ours[i] == theirs[i] || ours[i] == theirs[i] + 1;
	}
	if (same && right) {
		sum.same++;
	} else if (flags) {
		sum.cut++;
		sum.missed += right;
		sum.blind += !right;
		if (right && getenv("VERBOSE")) {
			printf("missed in %s: %s\n", now.name,
			       name_of(ours[0] - 1, name, sizeof name));
		}
	} else if (!right && ends_right(ours, n)) {
		sum.same++; /* the witness has lost its way, we have not */
	} else if (++sum.wrong < 20) {
		printf("WRONG in %s, flags %u\n", now.name, flags);
		show("ours  ", ours, n);
		show("theirs", theirs, m);
	}
}

static void on_trap(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	uintptr_t ours[MOST + 1], theirs[MOST], pc = (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
	unsigned flags = 0;
	int n, m, i = 0, k = 0;

	(void)sig, (void)info;
	if (now.left-- <= 0) {
		uc->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
		return;
	}
	n = probe(ours, MOST, &flags);
	m = unw((void **)theirs, MOST);
	while (i < n && ours[i] != pc + 1) {
		i++;
	}
	while (k < m && theirs[k] != pc) {
		k++;
	}
	if (i == n) {
		sum.wrong++;
		printf("WRONG in %s: no interrupted frame\n", now.name);
		show("ours  ", ours, n);
		return;
	}
	judge(ours + i, n - i - (flags != 0), flags, theirs + k, m - k);
}

/* Steps through @f. Its own frame's return address and those above are the known end. */
static NOINLINE void step(const char *name, void (*f)(void))
{
	uintptr_t here[MOST];
	const char *steps = getenv("STEPS");
	struct counts before = sum;
	int n = unw((void **)here, MOST);

	now.name = name;
	now.n_known = n - 1;
	memcpy(now.known, here + 1, (size_t)(n - 1) * sizeof here[0]);
	now.left = steps ? atol(steps) : 4000;
	__asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq" ::: "memory", "cc");
	f();
	__asm__ volatile("pushfq; andl $~0x100, (%%rsp); popfq" ::: "memory", "cc");
	printf("%s: %ld the same, %ld wrong, %ld missed, %ld seen by nobody\n", name,
	       sum.same - before.same, sum.wrong - before.wrong, sum.missed - before.missed,
	       sum.blind - before.blind);
}

static NOINLINE int with_alloca(int k)
{
	volatile char *room = alloca((size_t)k * 33 + 1);
	volatile char more[k + 1];

	room[k] = more[k] = 1;
	return room[k];
}

static NOINLINE int realigned(int k)
{
	volatile char room[70] __attribute__((aligned(64)));

	room[k] = (char)with_alloca(k);
	return room[k] + with_alloca(k + 1);
}

static void frames(void)
{
	sink += realigned(3);
	sink += realigned(20);
}

static void binding(void) /* of functions that were not called before */
{
	sink += strverscmp("a12", "a2");
	sink += (int)strcspn("some words", "w");
}

static void copies(void)
{
	static char from[5000], to[5000];

	memset(from, 'x', sizeof from - 1);
	for (size_t n = 1; n < sizeof from; n = n * 3 + 1) {
		memcpy(to + n % 7, from, n % 4000);
		memmove(to + 1, to, n % 4000);
		sink += memcmp(from, to, n) + (int)strlen(from) + (strchr(from, 'y') != NULL);
	}
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void libc_calls(void)
{
	int numbers[] = {5, 3, 9, 1};
	char text[200];

	qsort(numbers, 4, sizeof numbers[0], compare);
	snprintf(text, sizeof text, "%d %s %.9g", numbers[0], "text", 1.0 / 3);
	sink += (int)strtol(text, NULL, 10);
}

static NOINLINE __attribute__((noreturn)) void leave(int k)
{
	longjmp(out_of, k + 1);
}

static NOINLINE void tail(int k) /* its last instruction is the call */
{
	sink += k;
	leave(k);
}

static void no_return(void)
{
	if (setjmp(out_of) == 0) {
		tail(sink & 1);
	}
}

static void *crypto;

/* Hand-written assembly, for what the processor has. */
static void crypto_calls(void)
{
	unsigned char *(*sha[3])(const unsigned char *, size_t, unsigned char *);
	static const char *const names[3] = {"SHA1", "SHA256", "SHA512"};
	unsigned char data[300] = {1}, out[64];

	for (int i = 0; i < 3; i++) {
		*(void **)&sha[i] = dlsym(crypto, names[i]);
		if (sha[i]) {
			sink += sha[i](data, sizeof data, out)[0];
		}
	}
}

static void (*thrower)(void);

static void find(const char *library)
{
	void *lib = dlopen("libunwind.so.8", RTLD_NOW);

	*(void **)&probe = dlsym(RTLD_DEFAULT, "probe_walk");
	*(void **)&unw = lib ? dlsym(lib, "unw_backtrace") : NULL;
	lib = library ? dlopen(library, RTLD_NOW) : NULL;
	*(void **)&thrower = lib ? dlsym(lib, "thrower") : NULL;
	crypto = dlopen("libcrypto.so.3", RTLD_NOW);
}

int main(int argc, char **argv)
{
	struct sigaction sa = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
	int too_many;

	find(argc > 1 ? argv[1] : NULL);
	if (!probe || !unw) {
		printf("unwind_step: no probe_walk or no libunwind.so.8 in this process\n");
		return 77;
	}
	sigaction(SIGTRAP, &sa, NULL);
	step("frames", frames);
	step("lazy binding", binding);
	step("copies", copies);
	step("libc", libc_calls);
	step("no return", no_return);
	if (crypto) {
		step("libcrypto", crypto_calls);
	}
	if (thrower) {
		step("C++ throws", thrower);
	}
	too_many = !getenv("LAZY") && sum.missed > sum.same / 1000;
	printf("%ld passed, %ld failed\n", sum.same, sum.wrong + too_many);
	return sum.wrong != 0 || too_many;
}
