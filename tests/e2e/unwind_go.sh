#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: stacks through Go and C equal runtime.Callers and unw_backtrace to the last frame, with the
# installed Go, as plain, stripped position-independent and dlopened code (tests/probe/matrix has the
# other versions and modes).
# Fails when: Go's tables, its switches between stacks, or their rules are read wrongly.

cd "$TOP" || exit 1
command -v go >/dev/null || { echo 'no Go here'; exit 77; }
out=$(WAYS=gcc-O2 MODES='default pie c-shared-dlopen' tests/probe/matrix 1.26)
status=$?
echo "$out"
tail -n 2 "$BUILD"/probe/matrix/1.26-*.log
tail -n 1 "$BUILD"/probe/matrix/1.26-*.log | grep -q 'no libunwind' && exit 77
echo "$out" | tail -n 1 | grep -oE '[0-9]+/[0-9]+' |
	awk -F/ '{ p += $1; f += $2 - $1 } END { print p + 0 " passed, " f + 0 " failed" }'
exit $status
