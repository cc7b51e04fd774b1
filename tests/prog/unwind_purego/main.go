// SPDX-License-Identifier: Apache-2.0

// unwind_purego is a Go program without cgo (CGO_ENABLED=0) that calls C by dlopen, with the purego
// module, and is called back by it: its Go frames against runtime.Callers, to the last one.
//
//	LD_PRELOAD=libprobe.so unwind_purego WALK.so
package main

import (
	"fmt"
	"os"
	"runtime"

	"github.com/ebitengine/purego"
)

var walk func(pcs *uintptr, depth int32) int32
var through func(f uintptr, k int32) int32
var callback uintptr
var passed, failed int

// The functions of a list of return addresses, without what runtime.Callers leaves out.
func names(pcs []uintptr) (out []string) {
	all := runtime.CallersFrames(pcs)
	for {
		f, more := all.Next()
		switch f.Function {
		case "", "runtime.cgocall", "runtime.asmcgocall", "runtime.asmcgocall_landingpad",
			"crosscall2", "runtime.systemstack_switch", "runtime.systemstack":
		default:
			out = append(out, fmt.Sprintf("%s %x", f.Function, f.Entry))
		}
		if !more {
			return
		}
	}
}

//go:noinline
func check(name string) {
	var ours, theirs [1000]uintptr
	n := walk(&ours[0], 999)
	if n <= 0 {
		failed++
		fmt.Println("FAIL", name, "no stack, or one that was cut")
		return
	}
	m := runtime.Callers(1, theirs[:])
	a, b := names(ours[:n]), names(theirs[:m])
	// Ours has what makes the call, theirs begins here.
	for len(a) > 0 && len(b) > 0 && a[0] != b[0] {
		a = a[1:]
	}
	// A wrapper's frame is one of ours, none of theirs.
	same, i := true, 0
	for _, f := range b {
		for i < len(a) && a[i] != f && wrapper(a[i]) {
			i++
		}
		if i == len(a) || a[i] != f {
			same = false
			break
		}
		i++
	}
	for same && i < len(a) && wrapper(a[i]) {
		i++
	}
	if !same || i != len(a) {
		failed++
		fmt.Printf("FAIL %s\n  ours   %q\n  theirs %q\n", name, a, b)
		return
	}
	passed++
}

// wrapper: on the stack, but left out by runtime.Callers, or put in for a switch of stacks.
func wrapper(f string) bool {
	var name string
	fmt.Sscan(f, &name)
	switch name {
	case "runtime.call16", "runtime.call32", "runtime.call64", "runtime.reflectcall",
		"runtime.cgocallbackg", "reflect.makeFuncStub", "reflect.callReflect",
		"github.com/ebitengine/purego.syscall15X", "github.com/ebitengine/purego.callbackasm1",
		"github.com/ebitengine/purego.callbackasm", "syscall15X", "callbackasm1", "callbackasm",
		"runtime.cgocallback":
		return true
	}
	return false
}

func called(k int32) {
	if k == 0 {
		check("callback")
		return
	}
	grow(int(k) * 300)
	through(callback, k-1)
	check("callback, after")
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
		check("deep")
		return
	}
	deep(n - 1)
}

func all() {
	check("direct")
	deep(1)
	deep(100)
	deep(400)
	for k := int32(0); k < 4; k++ {
		through(callback, k)
	}
}

func main() {
	lib, err := purego.Dlopen(os.Args[1], purego.RTLD_NOW)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	purego.RegisterLibFunc(&walk, lib, "walk")
	purego.RegisterLibFunc(&through, lib, "through")
	callback = purego.NewCallback(called)
	all()
	done := make(chan bool)
	go func() { all(); close(done) }()
	<-done
	fmt.Printf("scenario purego: %d of %d\n", passed, passed+failed)
	fmt.Printf("%s %d stacks equal, %d not\n", runtime.Version(), passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}
