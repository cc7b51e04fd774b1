// SPDX-License-Identifier: Apache-2.0
// go_ends.go - how cgo programs end: return, os.Exit, panic, nil pointer, a crash in C, SIGTERM,
// and one that replaces itself
// host: time=60
package main

// #include <stdlib.h>
// static void *take(size_t n) { return malloc(n); }
// static void crash(void) { *(volatile int *)8 = 1; }
// static void leave(int n) { exit(n); }
import "C"

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

var sink *int

func end(way string) {
	for i := 0; i < 1000; i++ {
		p := C.take(2000)
		if i%2 == 0 {
			C.free(p)
		}
	}
	switch way {
	case "return":
	case "exit":
		os.Exit(4)
	case "cexit":
		C.leave(5)
	case "panic":
		panic("on purpose")
	case "nil":
		*sink = 1
	case "crash":
		C.crash()
	case "term":
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
		time.Sleep(5 * time.Second)
	case "kill":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "exec":
		fmt.Println(syscall.Exec("/bin/sh", []string{"sh", "-c", "exit 6"}, os.Environ()))
	case "goexit":
		go func() { os.Exit(7) }()
		select {}
	}
}

func main() {
	if len(os.Args) > 1 {
		end(os.Args[1])
		return
	}
	for _, way := range []string{"return", "exit", "cexit", "panic", "nil", "crash", "term", "kill",
		"exec", "goexit"} {
		cmd := exec.Command("/proc/self/exe", way)
		cmd.Env = append(os.Environ(), "GOTRACEBACK=single")
		out, err := cmd.CombinedOutput()
		first := strings.SplitN(string(out), "\n", 2)[0]
		fmt.Println(way, err, first)
	}
}
