// SPDX-License-Identifier: Apache-2.0

//go:build go1.24

// What unwind_go.go cannot hold, for it is built by older versions too.
package main

import (
	"runtime"
	"time"
)

func init() { cleanedUp = cleaned }

func cleaned() {
	done := make(chan bool)
	func() {
		t := &thing{}
		runtime.AddCleanup(t, func(int) {
			check(scenario)
			close(done)
		}, 0)
	}()
	for i := 0; i < 100; i++ {
		runtime.GC()
		select {
		case <-done:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	bad(scenario, "the cleanup did not run")
}
