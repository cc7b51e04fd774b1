// SPDX-License-Identifier: Apache-2.0
// go_calls.go - goroutines that allocate in C from many threads, with stacks that grow meanwhile,
// C that calls back into Go, which calls C again, and C threads that call Go
// host: time=60
package main

/*
#cgo LDFLAGS: -lpthread
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

extern void *goCallback(int depth, int size);
extern void goFromThread(int n);

static void *take(size_t n) { char *p = malloc(n); memset(p, 'c', n); return p; }
static void *call_back(int depth, int size) { return goCallback(depth, size); }

static void *thread_body(void *arg)
{
	for (int i = 0; i < 50; i++) {
		goFromThread((int)(size_t)arg + i);
		free(take(500));
	}
	return NULL;
}

static void run_threads(void)
{
	pthread_t id[4];
	for (size_t i = 0; i < 4; i++) {
		pthread_create(&id[i], NULL, thread_body, (void *)i);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(id[i], NULL);
	}
}
*/
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"unsafe"
)

var fromThreads atomic.Int64

//export goCallback
func goCallback(depth, size C.int) unsafe.Pointer {
	if depth == 0 {
		return C.take(C.size_t(size))
	}
	return C.call_back(depth-1, size)
}

//export goFromThread
func goFromThread(n C.int) {
	fromThreads.Add(1)
	C.free(C.take(C.size_t(n*10 + 1)))
	_ = make([]byte, 2000)
}

func grow(n int) int {
	var pad [200]byte
	if n == 0 {
		p := C.call_back(3, 100)
		C.free(p)
		return 0
	}
	pad[n%200] = 1
	return grow(n-1) + int(pad[n%200])
}

func main() {
	debug.SetGCPercent(20)
	var wg sync.WaitGroup
	sum := make([]int, 40)
	for g := range sum {
		wg.Add(1)
		go func(g int) {
			defer wg.Done()
			for i := 0; i < 100; i++ {
				sum[g] += grow(i * 5 % 300)
				s := C.CString("text of some length")
				if C.GoString(s) != "text of some length" {
					panic("text")
				}
				C.free(unsafe.Pointer(s))
				if i%20 == 0 {
					runtime.LockOSThread()
					C.free(C.take(100000))
					runtime.UnlockOSThread()
				}
			}
		}(g)
	}
	C.run_threads()
	wg.Wait()
	total := 0
	for _, s := range sum {
		total += s
	}
	fmt.Println(total, fromThreads.Load())
	os.Exit(0)
}
