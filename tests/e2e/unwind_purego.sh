#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: stacks of a Go program without cgo that calls C by dlopen (the purego module) equal
# runtime.Callers to the last frame, also in callbacks.
# Fails when: Go assembly that moves the stack pointer by itself is followed by Go's tables.

cd "$TOP" || exit 1
command -v go >/dev/null || { echo 'no Go here'; exit 77; }
(cd tests/prog/unwind_purego && go mod download >/dev/null 2>&1) ||
	{ echo 'the module proxy cannot be reached'; exit 77; }
out=$(WAYS=gcc-O2 MODES=purego tests/probe/matrix 1.26)
status=$?
echo "$out"
echo "$out" | sed -n 's/^\([0-9]*\) stacks equal, \([0-9]*\) not$/\1 passed, \2 failed/p'
exit $status
