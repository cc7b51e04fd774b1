#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: stacks of C code equal unw_backtrace's to the last frame, by gcc and clang, with many
# options, also through libraries that go and come again as others at the same place, and below the
# loader's binding of a function at its first call.
# Fails when: a rule is wrong for one form of code, or outlives its module.

set -u
TMP=${TMP:-$(mktemp -d)}
cd "$TOP" || exit 1
tests/probe/build || exit 1
probe=$BUILD/probe/libprobe.so
. tests/e2e/unwind_tally.bash

for frame in 100 300 500 700; do
	gcc -O2 -shared -fPIC -DFRAME=$frame -o "$TMP/lib$frame.so" tests/prog/unwind_lib.c || exit 1
done
gcc -O2 -shared -fPIC -Wl,-z,lazy -o "$TMP/bind.so" tests/prog/unwind_bind.c || exit 1

try() { # compiler, options...
	local cc=$1
	shift
	command -v "$cc" >/dev/null || return 0
	if ! "$cc" -D_GNU_SOURCE= -std=gnu17 -g "$@" -o "$TMP/unwind_c" tests/prog/unwind_c.c -ldl \
		-lpthread; then
		echo "$cc $*: does not build"
		failed=$((failed + 1))
		return
	fi
	LD_PRELOAD=$probe "$TMP/unwind_c" "$TMP/bind.so" "$TMP"/lib*.so >"$TMP/out"
	tally "$cc $*" $? "$TMP/out"
}

for cc in gcc clang; do
	for level in -O0 -O1 -O2 -O3 -Os; do
		try $cc $level
	done
	try $cc -O2 -fomit-frame-pointer
	try $cc -O2 -fno-omit-frame-pointer
	try $cc -O2 -flto
	try $cc -O2 -mavx2 -mstackrealign
	try $cc -O2 -fcf-protection=full
	try $cc -O2 -fstack-protector-all
	try $cc -O2 -no-pie
	try $cc -O2 -fno-plt -Wl,-z,now
	try $cc -O2 -ffunction-sections -Wl,--gc-sections -s
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
