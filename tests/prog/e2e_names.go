// SPDX-License-Identifier: Apache-2.0

// e2e_names - what the Go runtime says about addresses of this very program
//
//	e2e_names dump         a dump with one stack for every STEP-th address of Go's text
//	e2e_names check JSON   compares leaktrack-symbolize's answer with runtime.CallersFrames
//
// A stack's block size is the number of its address, so that an answer is matched to it wherever
// the program was loaded.
package main

/*
#include <stdlib.h>
static inline void *inner(size_t size) { return malloc(size + 1); }
void *c_function(size_t size) { return inner(size * 2); }
*/
import "C"

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"unsafe"
)

//go:linkname text runtime.text
var text byte

//go:linkname etext runtime.etext
var etext byte

const step = 29

// Names of all kinds: generic ones, closures, method values, wrappers, deferred calls.
type thing struct{ a, b int }

func (t thing) sum() int { return t.a + t.b }

type summer interface{ sum() int }

func convert[K comparable, V any](in map[K]V, f func(K, V) V) {
	for k, v := range in {
		in[k] = f(k, v)
	}
}

//go:noinline
func call(f func() int) int { return f() }

func everything() {
	t := &thing{1, 2}
	defer t.sum()
	convert(map[string]int{"a": 1}, func(k string, v int) int { return v + len(k) })
	convert(map[int]thing{1: {}}, func(k int, v thing) thing { v.a = k; return v })
	var s summer = t
	call(t.sum)
	call(s.sum)
	list := []thing{{3, 4}, {1, 2}}
	sort.Slice(list, func(i, k int) bool { return list[i].a < list[k].a })
	C.free(C.c_function(10))
}

func address(i int) uintptr {
	return uintptr(unsafe.Pointer(&text)) + uintptr(i)*step
}

func count() int {
	return int((uintptr(unsafe.Pointer(&etext)) - address(0) - 1) / step)
}

func dump() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	n := count()
	fmt.Fprintf(out, "heap profile: %d: %d [ %d: %d] @ heap_v2/1\n", n, n*(n-1)/2, n, n*(n-1)/2)
	for i := 1; i < n; i++ {
		fmt.Fprintf(out, "  1: %d [ 1: %d] @ 0x%x\n", i, i, address(i)+1)
	}
	fmt.Fprintln(out, "MAPPED_LIBRARIES:")
	maps, _ := os.ReadFile("/proc/self/maps")
	out.Write(maps)
	fmt.Fprintln(out, "# end")
}

// runtimeSays gives what CallersFrames makes of an address; the second address makes it expand
// inlined calls. It looks the function up one byte too late, so last bytes are left out, and so is
// the one function whose name the linker put at offset 0, which it does not print.
func runtimeSays(pc uintptr) (string, bool) {
	f := runtime.FuncForPC(pc + 1)
	if f == nil || f.Entry() == pc+1 {
		return "", false
	}
	var all []string
	frames := runtime.CallersFrames([]uintptr{pc + 1, 1})
	for more := true; more; {
		var frame runtime.Frame
		frame, more = frames.Next()
		if frame.PC == 0 {
			break
		}
		if frame.Function == "" || frame.File == "?" {
			return "", false // bytes between functions have no line
		}
		all = append(all, fmt.Sprintf("%s %s:%d", frame.Function, frame.File, frame.Line))
	}
	return strings.Join(all, "\n"), len(all) > 0
}

type answer struct {
	Functions []struct{ Name, File string }
	Stacks    []struct {
		Size   int
		Frames []struct{ Function, Line int }
	}
}

func check(file string) {
	var answer answer
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.NewDecoder(bytes.NewReader(data)).Decode(&answer)
	}
	if err != nil {
		fmt.Println(file, err)
		os.Exit(1)
	}
	says := make(map[int]string)
	for _, stack := range answer.Stacks {
		var all []string
		for _, f := range stack.Frames {
			function := answer.Functions[f.Function]
			all = append(all, fmt.Sprintf("%s %s:%d", function.Name, function.File, f.Line))
		}
		says[stack.Size] = strings.Join(all, "\n")
	}
	wants := make(map[int]string)
	expands := false // older runtimes give the innermost function only
	for i := 1; i < count(); i++ {
		if want, ok := runtimeSays(address(i)); ok {
			wants[i] = want
			expands = expands || strings.Contains(want, "\n")
		}
	}
	same, inlined, differ := 0, 0, 0
	for i, want := range wants {
		if !expands {
			says[i], _, _ = strings.Cut(says[i], "\n")
		}
		if says[i] == want {
			same++
			if strings.Contains(want, "\n") {
				inlined++
			}
			continue
		}
		if differ++; differ <= 5 {
			fmt.Printf("text+%#x: the runtime says\n%s\nwe say\n%s\n", i*step, want, says[i])
		}
	}
	fmt.Println("same", same, "of them inlined", inlined, "differ", differ)
	if differ != 0 {
		os.Exit(1)
	}
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "check" {
		check(os.Args[2])
		return
	}
	if len(os.Args) == 2 && os.Args[1] == "dump" {
		dump()
		return
	}
	everything()
}
