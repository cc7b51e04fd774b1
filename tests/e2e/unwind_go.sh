#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: stacks through Go and C equal runtime.Callers and unw_backtrace to the last frame, with the
# installed Go, as plain, stripped position-independent and dlopened code, with two Go runtimes in
# one process, and through C++ that throws (make check-stacks has the other versions and modes).
# Fails when: Go's tables, its switches between stacks, or their rules are read wrongly.

cd "$TOP" || exit 1
command -v go >/dev/null || { echo 'no Go here'; exit 77; }
version=$(GOTOOLCHAIN=local go env GOVERSION)
version=${version#go}
out=$(WAYS=gcc-O2 MODES='default pie c-shared-dlopen two-runtimes throws' tests/probe/matrix "$version")
status=$?
echo "$out"
grep -q 'no libunwind' "$BUILD"/probe/matrix/"$version"-*.log && { echo 'no libunwind'; exit 77; }
echo "$out" | sed -n 's/^\([0-9]*\) stacks equal, \([0-9]*\) not$/\1 passed, \2 failed/p'
exit $status
