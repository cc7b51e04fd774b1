// SPDX-License-Identifier: Apache-2.0
// sig_go.go - a cgo program's signal.Notify(SIGUSR2) gets each one; Ignore and Reset work
// host: usr2 time=60
package main

// #include <stdlib.h>
// static void *take(size_t n) { return malloc(n); }
import "C"

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

func send() {
	err := exec.Command("sh", "-c", fmt.Sprintf("kill -USR2 %d", os.Getpid())).Run()
	if err != nil {
		fmt.Println(err)
	}
}

func main() {
	ch := make(chan os.Signal, 1)
	fmt.Println("ignored at start", signal.Ignored(syscall.SIGUSR2))
	signal.Notify(ch, syscall.SIGUSR2)
	count := 0
	for i := 0; i < 40; i++ {
		go send()
		select {
		case <-ch:
			count++
		case <-time.After(5 * time.Second):
			fmt.Println("lost one")
		}
		for k := 0; k < 50; k++ {
			C.free(C.take(1000))
		}
	}
	for i := 0; i < 10; i++ {
		syscall.Kill(os.Getpid(), syscall.SIGUSR2)
		<-ch
		count++
	}
	select {
	case <-ch:
		fmt.Println("one too many")
	case <-time.After(50 * time.Millisecond):
	}
	fmt.Println("count", count)
	signal.Ignore(syscall.SIGUSR2)
	syscall.Kill(os.Getpid(), syscall.SIGUSR2)
	send()
	fmt.Println("ignored", signal.Ignored(syscall.SIGUSR2))
	out, _ := exec.Command("sh", "-c", "kill -USR2 $$; echo on").CombinedOutput()
	fmt.Printf("%s", out)
	signal.Reset(syscall.SIGUSR2)
	out, err := exec.Command("sh", "-c", "kill -USR2 $$; echo never").CombinedOutput()
	fmt.Printf("%s%v\n", out, err)
}
