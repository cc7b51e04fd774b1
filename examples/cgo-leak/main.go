// SPDX-License-Identifier: Apache-2.0

// Cgo-leak is a small HTTP server that leaks C memory, and a load for it: the example that
// `make demo` runs under leaktrack. What leaks is in shop.go.
//
// It serves until it is interrupted, or, with -requests, until its own load is done; then main
// returns, and Go ends the process by a raw exit_group, as Go programs do.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "address to serve on")
	requests := flag.Int64("requests", 0, "end after so many requests of its own load; 0: serve on")
	perSecond := flag.Int64("rate", 3000, "requests a second that the load makes")
	flag.Parse()

	http.HandleFunc("/order", handleOrder)
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "cgo-leak:", err)
		os.Exit(1)
	}
	fmt.Printf("serving on http://%s/order, pid %d\n", listener.Addr(), os.Getpid())
	go func() {
		fmt.Fprintln(os.Stderr, "cgo-leak:", http.Serve(listener, nil))
		os.Exit(1)
	}()
	if err := load("http://"+listener.Addr().String()+"/order", *requests, *perSecond); err != nil {
		fmt.Fprintln(os.Stderr, "cgo-leak:", err)
		os.Exit(1)
	}
	fmt.Println("done")
}

// load sends orders from four customers, every third to be gift-wrapped, and tells each thousand.
func load(url string, requests, perSecond int64) error {
	letter := []byte(strings.Repeat("Dear shop, please send me one more of them. ", 200))
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}}
	start := time.Now()
	var sent, served int64
	var wait sync.WaitGroup
	errs := make(chan error, 4)
	for i := 0; i < 4; i++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for {
				n := atomic.AddInt64(&sent, 1)
				if requests > 0 && n > requests {
					return
				}
				due := start.Add(time.Duration(n) * time.Second / time.Duration(perSecond))
				time.Sleep(time.Until(due))
				if err := order(client, url, letter, n%3 == 0); err != nil {
					errs <- err
					return
				}
				if done := atomic.AddInt64(&served, 1); done%1000 == 0 {
					fmt.Println("served", done)
				}
			}
		}()
	}
	wait.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

func order(client *http.Client, url string, letter []byte, giftwrap bool) error {
	if giftwrap {
		url += "?giftwrap=1"
	}
	answer, err := client.Post(url, "text/plain", bytes.NewReader(letter))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("answer %s", answer.Status)
	}
	return nil
}
