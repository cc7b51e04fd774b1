#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# unwind.sh - nanoseconds a frame of our walk, beside unw_backtrace and backtrace(3) in the same run,
# for C and for Go; and what it costs to learn program counters. As a Markdown table.

set -eu
cd "$(dirname "$0")/.."
export BUILD=${BUILD:-build}
tests/probe/build
probe=$(realpath "$BUILD/probe/libprobe.so")
work=$(realpath -m "$BUILD/bench")
mkdir -p "$work"

echo '| stack | frames | ns a frame |'
echo '|---|---|---|'
for way in '-O2' '-O2 -fno-omit-frame-pointer'; do
	# shellcheck disable=SC2086
	gcc $way -g -D_GNU_SOURCE= -o "$work/unwind" bench/unwind.c -ldl
	"$work/unwind" "$probe" 30 | sed "s/^| /| C $way: /"
done
if command -v go >/dev/null; then
	GOFLAGS=-buildvcs=false GOTOOLCHAIN=local go build -o "$work/unwind_go" tests/prog/unwind_go.go
	UNWIND_BENCH=100 LD_PRELOAD=$probe "$work/unwind_go"
fi
