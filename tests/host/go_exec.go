// SPDX-License-Identifier: Apache-2.0
// go_exec.go - a cgo program that starts 150 programs from many goroutines and sees each end once
// host: time=60
package main

// #include <stdlib.h>
// static void *take(size_t n) { return malloc(n); }
import "C"

import (
	"fmt"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
)

func main() {
	var wg sync.WaitGroup
	var sum atomic.Int64
	for g := 0; g < 6; g++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; i < 25; i++ {
				C.free(C.take(3000))
				err := exec.Command("/bin/sh", "-c", "exit 3").Run()
				if e, ok := err.(*exec.ExitError); ok {
					sum.Add(int64(e.ExitCode()))
				}
			}
		}()
	}
	wg.Wait()
	var status syscall.WaitStatus
	_, err := syscall.Wait4(-1, &status, 0, nil)
	fmt.Println(sum.Load(), err)
}
