// SPDX-License-Identifier: Apache-2.0

// E2e_cgo leaks C memory in known lines of Go code: 'ready' is printed after the first round and
// 'again' after the second, each waits for a line on stdin. Then it ends: by returning from main
// (a raw exit_group), or with the argument 'kill' by SIGKILL.
//
// With the argument 'notify' it counts the SIGUSR2 that it gets by signal.Notify, tells each
// ('signal 1', ...), and prints the sum at its end.
//
// With the argument 'heap' it keeps 3 MB of Go's own heap after the first round and 5 MB more after
// the second, and writes Go's heap profiles of then, go.1.pb.gz and go.2.pb.gz.
package main

/*
#include <stdlib.h>

struct thing {
	char bytes[6000];
};

static __attribute__((noinline)) struct thing *thing_new(void)
{
	struct thing *thing = malloc(sizeof(*thing)); // THING_C

	__asm__ volatile("" ::: "memory");
	return thing;
}

static void thing_free(struct thing *thing)
{
	free(thing);
}
*/
import "C"

import (
	"bufio"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"syscall"
	"unsafe"
)

var text = strings.Repeat("x", 3999)

func leakString() {
	C.CString(text) // STRING
}

func freeString() {
	s := C.CString(text)
	C.free(unsafe.Pointer(s))
}

func leakThing() {
	C.thing_new() // THING
}

func freeThing() {
	C.thing_free(C.thing_new())
}

// deep makes the goroutine's stack grow before it calls into C.
//
//go:noinline
func deep(n int, f func()) int {
	var room [512]byte
	if n == 0 {
		f()
		return int(room[n])
	}
	return deep(n-1, f) + int(room[n%512])
}

// round leaks 4,000 blocks of 4,000 bytes and 2,000 of 6,000, from four goroutines.
func round() {
	var wait sync.WaitGroup
	for g := 0; g < 4; g++ {
		wait.Add(1)
		go func(g int) {
			defer wait.Done()
			deep(20*g, func() {
				for i := 0; i < 1000; i++ {
					leakString()
					freeString()
					if i%2 == 0 {
						leakThing()
						freeThing()
					}
				}
			})
		}(g)
	}
	wait.Wait()
}

var kept [][]byte

//go:noinline
func keepGo(megabytes int) {
	for i := 0; i < megabytes; i++ {
		kept = append(kept, make([]byte, 1<<20)) // KEPT
	}
}

func writeGoHeap(name string) {
	runtime.GC() // the profile is that of the last collection
	file, err := os.Create(name)
	if err == nil {
		err = pprof.WriteHeapProfile(file)
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		fmt.Println(err)
	}
}

func main() {
	way := ""
	if len(os.Args) > 1 {
		way = os.Args[1]
	}
	if way == "heap" {
		runtime.MemProfileRate = 1
	}
	in := bufio.NewScanner(os.Stdin)
	got := make(chan os.Signal, 100)
	if way == "notify" {
		signal.Notify(got, syscall.SIGUSR2)
	}
	fmt.Println("pid", os.Getpid())
	round()
	if way == "heap" {
		keepGo(3)
		writeGoHeap("go.1.pb.gz")
	}
	fmt.Println("ready")
	lines := make(chan bool)
	go func() {
		for in.Scan() {
			lines <- true
		}
		close(lines)
	}()
	signals := 0
	for waiting := true; waiting; {
		select {
		case <-got:
			signals++
			fmt.Println("signal", signals)
		case <-lines:
			waiting = false
		}
	}
	round()
	if way == "heap" {
		keepGo(5)
		writeGoHeap("go.2.pb.gz")
	}
	fmt.Println("again")
	<-lines
	if way == "notify" {
		fmt.Println("signals", signals)
	}
	if way == "kill" {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
}
