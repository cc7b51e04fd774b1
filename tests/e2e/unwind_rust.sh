#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: stacks of Rust code equal unw_backtrace's to the last frame: debug and optimized, with LTO,
# with panics that unwind and that abort, with frame pointers and without: generic code, closures,
# trait objects, futures, callbacks from C, drops in panics.
# Fails when: a rule is wrong for a form of code that rustc alone makes.

set -u
TMP=${TMP:-$(mktemp -d)}
cd "$TOP" || exit 1
rustc=$(command -v rustc "$HOME/.cargo/bin/rustc" | head -n 1)
[ -n "$rustc" ] || { echo 'no rustc here'; exit 77; }
tests/probe/build || exit 1
. tests/e2e/unwind_tally.bash

try() { # options...
	if ! (cd "$TMP" && "$rustc" --edition=2021 "$@" -o unwind_rust "$TOP/tests/prog/unwind_rust.rs") \
		>"$TMP/out" 2>&1; then
		echo "rustc $*: does not build"
		cat "$TMP/out"
		failed=$((failed + 1))
		return
	fi
	LD_PRELOAD=$BUILD/probe/libprobe.so "$TMP/unwind_rust" >"$TMP/out" 2>&1
	tally "rustc $*" $? "$TMP/out"
}

# The witness needs the tables that compilers before 1.65 leave out where panics abort.
abort='-C panic=abort -C force-unwind-tables=yes'
try -g
try -O
try -C opt-level=3 -C target-feature=+avx2
try -C opt-level=s -C force-frame-pointers=yes
try -O -C lto=fat -C codegen-units=1
# shellcheck disable=SC2086 # options
try $abort
# shellcheck disable=SC2086
try -O $abort -C lto=fat -C strip=symbols
try -O -C prefer-dynamic -C rpath
try -O -C relocation-model=static
echo "$passed passed, $failed failed"
[ $failed = 0 ]
