#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: a handler that walks gets the right stack, or one that is marked as cut, at each single
# instruction of prologues, epilogues, PLT stubs, realigned frames, glibc's and OpenSSL's assembly,
# longjmp, and C++ that throws.
# Fails when: a rule holds for calls only, or a frame is guessed.

set -u
TMP=${TMP:-$(mktemp -d)}
cd "$TOP" || exit 1
tests/probe/build || exit 1
. tests/e2e/unwind_tally.bash

try() { # compiler, options...
	local cc=$1
	shift
	command -v "$cc" >/dev/null || return 0
	"$cc" -D_GNU_SOURCE= -std=gnu17 -g -fno-builtin "$@" -o "$TMP/unwind_step" \
		tests/prog/unwind_step.c -ldl || exit 1
	LD_PRELOAD=$BUILD/probe/libprobe.so "$TMP/unwind_step" "$TMP/step.so" >"$TMP/out"
	tally "$cc $*" $? "$TMP/out"
}

g++ -O2 -shared -fPIC -o "$TMP/step.so" tests/prog/unwind_step.cc || exit 1
try gcc -O2 -Wl,-z,now
try gcc -O0 -Wl,-z,now -fcf-protection=full
try clang -O2 -Wl,-z,now -fomit-frame-pointer
LAZY=1 try gcc -O2 -Wl,-z,lazy
echo "$passed passed, $failed failed"
[ $failed = 0 ]
