#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# proc_make.sh - make -j with its jobserver over a pipe, compiling
# host: tool=make tool=gcc slow time=60
mkdir src
for i in 1 2 3 4 5 6; do echo "int f$i(int x) { return x + $i; }" >src/f$i.c; done
echo 'int f1(int); int main(void) { return f1(2) - 3; }' >src/main.c
cat >Makefile <<'END'
OBJ := $(patsubst src/%.c,%.o,$(wildcard src/*.c))
all: sub prog ; ./prog && echo built
sub: ; @$(MAKE) --no-print-directory -f Makefile inner
inner: ; @echo inner
prog: $(OBJ) ; @gcc -o $@ $^
%.o: src/%.c ; @gcc -O2 -c -o $@ $<
END
make -j4
rm -r src Makefile *.o prog
