#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# go_shared.sh - Go as a shared library (buildmode c-shared) inside a C program and inside Python, and
# as an archive: the Go runtime sets its handlers late, in a process that is not Go's
# host: tool=gcc tool=python3 time=120 slow
go=$(command -v go || echo /usr/local/go/bin/go)
[ -x "$go" ] || { echo "skip: no go here"; exit 77; }
cat >lib.go <<'END'
package main

// #include <stdlib.h>
// static void *take(size_t n) { return malloc(n); }
import "C"
import "unsafe"

//export Work
func Work(n C.int) C.int {
	done := make(chan int)
	for g := 0; g < 4; g++ {
		go func(g int) {
			sum := 0
			for i := 0; i < int(n); i++ {
				p := C.take(C.size_t(i%1000 + 1))
				sum += g
				C.free(p)
				s := C.CString("text")
				C.free(unsafe.Pointer(s))
			}
			done <- sum
		}(g)
	}
	total := 0
	for g := 0; g < 4; g++ {
		total += <-done
	}
	return C.int(total)
}

func main() {}
END
cat >host.c <<'END'
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
static int got;
static void on(int sig) { (void)sig; got++; }
int main(void)
{
	signal(SIGUSR1, on);
	void *lib = dlopen("./lib.so", RTLD_NOW);
	if (!lib) { puts(dlerror()); return 1; }
	int (*work)(int);
	*(void **)&work = dlsym(lib, "Work");
	printf("%d\n", work(2000));
	raise(SIGUSR1);
	printf("got %d\n", got);
	return 4;
}
END
export GOCACHE=$HOST_BUILD/gocache GOFLAGS=-mod=mod
env -u LD_PRELOAD $go build -buildmode=c-shared -o lib.so lib.go 2>&1
env -u LD_PRELOAD gcc -o host host.c -ldl
./host
echo $?
python3 -c '
import ctypes
lib = ctypes.CDLL("./lib.so")
print(lib.Work(1000))
data = [str(i) for i in range(20000)]
print(len(data))'
echo $?
rm -f lib.go lib.so lib.h host.c host
