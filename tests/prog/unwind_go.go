// SPDX-License-Identifier: Apache-2.0

// unwind_go compares the unwinder's stacks, frame by frame, with independent witnesses taken at the
// same place: runtime.Callers for the Go frames, unw_backtrace for the C frames of each stretch of
// C. It runs with tests/probe preloaded (77 without), prints a line for each scenario, and fails
// when a stack is longer, shorter or different by a single frame.
//
// It is one file so that each Go version and build mode can build it; as a c-shared or c-archive
// library it exports UnwindRunAll.
package main

/*
#cgo CFLAGS: -D_GNU_SOURCE
#cgo LDFLAGS: -ldl -lpthread
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#define MOST 1200

typedef int probe_fn(uintptr_t *, int, unsigned *);
typedef int unw_fn(void **, int);

static probe_fn *probe;
static unw_fn *unw;

// What the witness saw where C last called out to Go, one entry a stretch of C.
struct stretch {
	int n;
	void *pcs[64];
};
static __thread struct stretch *stretches; // allocated, for static TLS is short in a dlopened library
static __thread int n_stretches;

static int find_symbols(void) {
	void *lib = dlopen("libunwind.so.8", RTLD_NOW);

	*(void **)&probe = dlsym(RTLD_DEFAULT, getenv("UNWIND_BENCH") ? "probe_walk_plain" : "probe_walk");
	*(void **)&unw = lib ? dlsym(lib, "unw_backtrace") : NULL;
	return (probe != NULL) + 2 * (unw != NULL);
}

static void witness(void) {
	struct stretch *s;

	if (!stretches) {
		stretches = calloc(17, sizeof *stretches);
	}
	s = &stretches[n_stretches++];
	s->n = unw(s->pcs, 64);
}

// What one look gives, ours and the witness's, copied for the goroutine may go on in another thread.
struct look {
	int n, n_stretches;
	unsigned flags;
	uintptr_t pcs[MOST + 1];
	struct {
		int n;
		uintptr_t pcs[64];
	} stretches[17];
};

static void walk(struct look *look) {
	look->n = probe(look->pcs, 1000, &look->flags);
	witness();
	look->n_stretches = n_stretches;
	memcpy(look->stretches, stretches, n_stretches * sizeof stretches[0]);
	n_stretches--;
}

// A coroutine's stack ends where it was made: no Go frames are on it.
static struct look *coroutine_look;
static ucontext_t coroutine_from, coroutine_to;

static void coroutine_body(void) {
	walk(coroutine_look);
	coroutine_look = NULL; // no tail call
}

static void through_coroutine(struct look *look) {
	char *stack = malloc(262144);

	coroutine_look = look;
	getcontext(&coroutine_to);
	coroutine_to.uc_stack.ss_sp = stack;
	coroutine_to.uc_stack.ss_size = 262144;
	coroutine_to.uc_link = &coroutine_from;
	makecontext(&coroutine_to, coroutine_body, 0);
	swapcontext(&coroutine_from, &coroutine_to);
	free(stack);
}

// Through another Go runtime: what it exports walks, and gives us all that it saw.
static void through_other(void *other, struct look *look) {
	((void (*)(void *))other)(look);
}

extern void goCallback(int);

static void call_back(int k) {
	volatile char room[100];

	room[0] = (char)k;
	witness();
	goCallback(k);
	n_stretches--;
	room[1] = room[0];
}

static int compare_once(const void *a, const void *b, void *done) {
	if (!*(int *)done) {
		*(int *)done = 1;
		call_back(0);
	}
	return *(const int *)a - *(const int *)b;
}

static void through_qsort(void) {
	int numbers[] = {3, 1, 2}, done = 0;

	qsort_r(numbers, 3, sizeof numbers[0], compare_once, &done);
}

static void once_body(void) { call_back(1); }

static void through_once(void) {
	pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, once_body);
}

static void *thread_body(void *arg) {
	call_back((int)(intptr_t)arg);
	call_back((int)(intptr_t)arg); // the second time the thread has its m already
	return NULL;
}

static void in_c_thread(int k) {
	pthread_t t;

	pthread_create(&t, NULL, thread_body, (void *)(intptr_t)k);
	pthread_join(t, NULL);
}

static void aligned(int k) {
	volatile char room[256] __attribute__((aligned(64)));
	volatile char more[k % 7 * 32 + 1];

	room[k % 200] = more[0] = 1;
	call_back(k);
	room[k % 100] = more[0];
}

// Nanoseconds of one walk, the best of many; and the frames of it.
static double bench(int *n) {
	static uintptr_t pcs[MOST + 1];
	double least = 1e9;
	unsigned flags;

	for (int i = 0; i < 200; i++) {
		struct timespec a, b;
		double t;

		clock_gettime(CLOCK_MONOTONIC, &a);
		for (int k = 0; k < 100; k++) {
			*n = probe(pcs, 512, &flags);
		}
		clock_gettime(CLOCK_MONOTONIC, &b);
		t = ((b.tv_sec - a.tv_sec) * 1e9 + b.tv_nsec - a.tv_nsec) / 100;
		least = t < least ? t : least;
	}
	return least;
}

static uintptr_t signal_pcs[MOST + 1];
static int signal_n;
static unsigned signal_flags;

static void handler(int sig) {
	(void)sig;
	signal_n = probe(signal_pcs, 1000, &signal_flags);
}

static void through_signal(void) {
	struct sigaction sa, old;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = handler;
	sa.sa_flags = SA_ONSTACK;
	sigaction(SIGUSR1, &sa, &old);
	raise(SIGUSR1);
	sigaction(SIGUSR1, &old, NULL);
}

static int signal_result(uintptr_t *pcs, unsigned *flags) {
	memcpy(pcs, signal_pcs, sizeof signal_pcs);
	*flags = signal_flags;
	return signal_n;
}
*/
import "C"

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"time"
	"unsafe"
)

// A frame of a real function; inlined calls in it are folded into the line, for before Go 1.23
// CallersFrames does not expand them where it is not given runtime.Callers's own values.
type frame struct {
	entry        uintptr
	function, at string
}

var failed, passed int

// By scenario, as a table shows them: equal, and all.
var equal, all = map[string]int{}, map[string]int{}

// group is the scenario without its numbers: "callbacks 3, goroutine" is of "callbacks".
func group(name string) string {
	return strings.TrimRight(strings.SplitN(name, ",", 2)[0], " 0123456789")
}

var verbose = os.Getenv("UNWIND_VERBOSE") != ""

// For C that was built without unwind information: libunwind is no witness there.
var noCWitness = os.Getenv("UNWIND_NO_C_WITNESS") != ""

// elided are frames that are on the stack, but that runtime.Callers leaves out (wrappers, what calls
// finalizers) or puts in for the switch to the system stack.
var elided = regexp.MustCompile(`^(runtime\.(systemstack_switch|asmcgocall|call[0-9]+|deferreturn|deferCallSave|runOpenDeferFrame|AddCleanup\[\.\.\.\]\.func1)|crosscall2|.*\.deferwrap[0-9]+)$`)

// frames expands program counters to what a Go stack trace would show.
func frames(pcs []uintptr, fold bool) (out []frame) {
	if len(pcs) == 0 {
		return
	}
	all := runtime.CallersFrames(pcs)
	inlined := ""
	for {
		f, more := all.Next()
		at := fmt.Sprintf("%s:%d", f.File, f.Line)
		if inlined != "" {
			at = inlined
		}
		inlined = ""
		if f.Func == nil && more && fold {
			inlined = at
		} else if f.File != "<autogenerated>" && !elided.MatchString(f.Function) {
			out = append(out, frame{f.Entry, f.Function, at})
		}
		if !more {
			return
		}
	}
}

// expands tells whether CallersFrames shows inlined calls for any return address.
var expands = func() bool {
	var minor int
	fmt.Sscanf(runtime.Version(), "go1.%d", &minor)
	return minor >= 23
}()

func isGo(pc uintptr) bool {
	f := runtime.FuncForPC(pc - 1)
	return f != nil && f.Name() != ""
}

func bad(name, format string, args ...interface{}) bool {
	failed++
	all[group(name)]++
	fmt.Printf("FAIL %s: %s\n", name, fmt.Sprintf(format, args...))
	return false
}

func good(name string) {
	passed++
	equal[group(name)]++
	all[group(name)]++
}

func dump(title string, list []frame) {
	fmt.Println("  " + title)
	for _, f := range list {
		fmt.Println("    ", f.function, f.at)
	}
}

// compareGo: ours begins inside the call into C; theirs in the function that made it.
func compareGo(name string, ours, theirs []frame) bool {
	for len(ours) > 0 && (ours[0].function == "runtime.cgocall" ||
		strings.Contains(ours[0].function, "._Cfunc_") || ours[0].function == "runtime.asmcgocall_landingpad") {
		ours = ours[1:]
	}
	// cgo checks pointers in a function of its own, inside of the caller.
	for len(ours) > 0 && len(theirs) > 0 && strings.HasPrefix(ours[0].function, theirs[0].function+".") {
		ours = ours[1:]
	}
	same := len(ours) == len(theirs)
	for i := 0; same && i < len(ours); i++ {
		same = ours[i].entry == theirs[i].entry && (i == 0 || ours[i].at == theirs[i].at)
	}
	if !same || verbose {
		dump("ours", ours)
		dump("runtime.Callers", theirs)
	}
	if !same {
		return bad(name, "%d Go frames, runtime.Callers has %d", len(ours), len(theirs))
	}
	return true
}

// compareC: each stretch of C in ours, innermost first, against the witness of that stretch.
func compareC(name string, pcs []uintptr, look *C.struct_look) bool {
	k := int(look.n_stretches) - 1
	i := 0
	for level := k; level >= 0; level-- {
		var stretch []uintptr
		for ; i < len(pcs) && isGo(pcs[i]); i++ {
		}
		for ; i < len(pcs) && !isGo(pcs[i]); i++ {
			stretch = append(stretch, pcs[i])
		}
		if len(stretch) == 0 {
			return bad(name, "no C frames at level %d", level)
		}
		var seen []uintptr
		for j := 0; j < int(look.stretches[level].n); j++ {
			pc := uintptr(look.stretches[level].pcs[j])
			if isGo(pc) {
				break
			}
			seen = append(seen, pc)
		}
		// The innermost frames differ: the witness was called by witness(), which may be inlined,
		// at another line of walk() or call_back(), and where C called Go, ours has the stub that
		// cgo made for goCallback. From the caller of these on all must be equal.
		same := 0
		for same < len(stretch) && same < len(seen) &&
			stretch[len(stretch)-1-same] == seen[len(seen)-1-same] {
			same++
		}
		oursLeft, theirsLeft := len(stretch)-same, len(seen)-same
		okay := theirsLeft == 1 || theirsLeft == 2
		if level == k {
			okay = okay && oursLeft == 1
		} else {
			okay = okay && oursLeft == 2
		}
		if !okay {
			fmt.Printf("  ours %x\n  seen %x\n", stretch, seen)
			return bad(name, "C frames at level %d: %d of ours and %d of the witness differ", level,
				oursLeft, theirsLeft)
		}
	}
	return true
}

//go:noinline
func check(name string) {
	look := new(C.struct_look)
	C.walk(look)
	var theirs [1200]uintptr
	m := runtime.Callers(1, theirs[:])
	judge(name, pcsOf(look), uint(look.flags), theirs[:m], look)
}

func judge(name string, ours []uintptr, flags uint, theirs []uintptr, look *C.struct_look) {
	if flags != 0 {
		bad(name, "flags %d after %d frames", flags, len(ours))
		dump("ours", frames(ours, expands))
		return
	}
	var goPCs []uintptr
	for _, pc := range ours {
		if isGo(pc) {
			goPCs = append(goPCs, pc)
		}
	}
	expected := frames(theirs, true)
	if len(ours) > 0 && !isGo(ours[len(ours)-1]) && len(expected) > 0 {
		// A thread of C's: its goroutine has a goexit below that nothing returns to.
		if last := len(expected) - 1; expected[last].function == "runtime.goexit" {
			expected = expected[:last]
		}
	}
	if compareGo(name, frames(goPCs, expands), expected) && (look == nil || noCWitness || compareC(name, ours, look)) {
		good(name)
		if verbose {
			fmt.Println("ok", name, len(ours), "frames")
		}
	}
}

var scenario string

//export goCallback
func goCallback(k C.int) {
	if k <= 0 {
		check(scenario)
		return
	}
	grow(int(k) * 300) // the goroutine's stack moves while C frames of it are outstanding
	C.call_back(k - 1)
	check(scenario + ", after")
}

//go:noinline
func grow(n int) int {
	var room [50]int
	room[n%50] = n
	if n == 0 {
		return 0
	}
	return grow(n-1) + room[n%50]
}

//go:noinline
func deep(n int) {
	if n == 0 {
		check(scenario)
		return
	}
	deep(n - 1)
}

//go:noinline
func nilLeaf(p *int) int { return *p }

func panicking() {
	defer func() {
		check(scenario)
		recover()
	}()
	nilLeaf(nil)
}

type thing struct{ self *thing }

func finalized() {
	done := make(chan bool)
	func() {
		t := &thing{}
		runtime.SetFinalizer(t, func(*thing) {
			check(scenario)
			close(done)
		})
	}()
	for i := 0; i < 100; i++ {
		runtime.GC()
		select {
		case <-done:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	bad(scenario, "the finalizer did not run")
}

func throughSignal() {
	var buf [1201]C.uintptr_t
	var flags C.uint
	var theirs [100]uintptr
	C.through_signal()
	m := runtime.Callers(1, theirs[:])
	n := int(C.signal_result(&buf[0], &flags))
	ours := make([]uintptr, n)
	for i := range ours {
		ours[i] = uintptr(buf[i])
	}
	judge(scenario, ours, uint(flags), theirs[:m], nil)
}

type caller interface{ call() }
type byValue struct{ a, b, c int }

func (byValue) call() { check(scenario) }

func inGoroutine(f func()) {
	done := make(chan bool)
	go func() {
		f()
		close(done)
	}()
	<-done
}

func runAll() {
	do := func(name string, f func()) {
		scenario = name
		f()
		scenario = name + ", goroutine"
		inGoroutine(f)
	}
	do("direct", func() { check(scenario) })
	// Early: as a library, Go 1.21 and 1.22 die of it once callbacks have moved the stack of the
	// host's thread, whoever watches.
	do("nil dereference", panicking)
	for _, n := range []int{1, 10, 100, 500} {
		do(fmt.Sprintf("deep %d", n), func() { deep(n) })
	}
	do("grown", func() { grow(1000); deep(20) })
	for k := 0; k <= 4; k++ {
		k := C.int(k)
		do(fmt.Sprintf("callbacks %d", k), func() { C.call_back(k) })
		do(fmt.Sprintf("aligned frames %d", k), func() { C.aligned(k) })
		do(fmt.Sprintf("C thread %d", k), func() { C.in_c_thread(k) })
	}
	do("swapcontext", coroutine)
	do("qsort", func() { C.through_qsort() })
	do("pthread_once", func() { C.through_once() })
	do("locked thread", func() { runtime.LockOSThread(); defer runtime.UnlockOSThread(); C.call_back(1) })
	do("signal", throughSignal)
	do("interface", func() { var c caller = &byValue{}; c.call() })
	do("defer", func() { defer func() { check(scenario) }() })
	scenario = "finalizer"
	finalized()
	if cleanedUp != nil {
		scenario = "AddCleanup"
		cleanedUp()
	}
}

// cleanedUp checks a stack inside runtime.AddCleanup's function: unwind_go_cleanup.go, from Go 1.24 on.
var cleanedUp func()

func coroutine() {
	look := new(C.struct_look)
	C.through_coroutine(look)
	ours := pcsOf(look)
	for i, pc := range ours {
		if isGo(pc) {
			bad(scenario, "frame %d is Go's", i)
			return
		}
	}
	// Nothing calls the outermost frame, __start_context: it is written + 1.
	if len(ours) > 0 {
		ours[len(ours)-1]--
	}
	if look.flags != 0 || len(ours) < 2 {
		bad(scenario, "flags %d after %d frames", look.flags, len(ours))
	} else if noCWitness || compareC(scenario, ours, look) {
		good(scenario)
	}
}

var probed = C.find_symbols()

func init() {
	if probed == 3 {
		scenario = "init"
		check(scenario)
		scenario = "init, callback"
		C.call_back(1)
	}
}

// UnwindLook walks for another Go runtime of the same process, which has called it through C.
//
//export UnwindLook
func UnwindLook(to unsafe.Pointer) {
	look := (*C.struct_look)(to)
	scenario = "two runtimes"
	C.walk(look)
	var theirs [1200]uintptr
	m := runtime.Callers(1, theirs[:])
	judge(scenario, pcsOf(look), uint(look.flags), theirs[:m], nil)
}

// UnwindThrough calls the other runtime's UnwindLook by way of C, in several depths, and judges our
// own frames of what it saw. Returns how many stacks of either were not equal.
//
//export UnwindThrough
func UnwindThrough(other unsafe.Pointer) C.int {
	if probed != 3 {
		return 77
	}
	through := func() {
		look := new(C.struct_look)
		scenario = "two runtimes"
		C.through_other(other, look)
		var theirs [1200]uintptr
		m := runtime.Callers(1, theirs[:])
		judge(scenario, pcsOf(look), uint(look.flags), theirs[:m], nil)
	}
	through()
	inGoroutine(through)
	inGoroutine(func() { grow(1000); through() })
	return C.int(failed)
}

//export UnwindReport
func UnwindReport() C.int {
	for name, n := range all {
		fmt.Printf("scenario %s: %d of %d\n", name, equal[name], n)
	}
	fmt.Printf("%s %d stacks equal, %d not\n", runtime.Version(), passed, failed)
	return C.int(failed)
}

func pcsOf(look *C.struct_look) []uintptr {
	pcs := make([]uintptr, int(look.n))
	for i := range pcs {
		pcs[i] = uintptr(look.pcs[i])
	}
	return pcs
}

//export UnwindRunAll
func UnwindRunAll() C.int {
	if probed != 3 {
		fmt.Println("unwind_go: no probe_walk or no libunwind.so.8 in this process")
		return 77
	}
	runAll()
	if UnwindReport() > 0 {
		return 1
	}
	return 0
}

//go:noinline
func benchDeep(n int) {
	if n > 0 {
		benchDeep(n - 1)
		return
	}
	var frames C.int
	ns := float64(C.bench(&frames))
	fmt.Printf("| Go: our walk | %d | %.1f |\n", frames, ns/float64(frames))
}

func main() {
	var depth int
	if fmt.Sscan(os.Getenv("UNWIND_BENCH"), &depth); depth > 0 && probed == 3 {
		benchDeep(depth)
		return
	}
	os.Exit(int(UnwindRunAll()))
}
